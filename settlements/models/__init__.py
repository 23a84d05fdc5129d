"""The models, one file per noun. Imported here so that Django finds them all."""

from settlements.models.cashbook import CashbookAccount
from settlements.models.change_order import ChangeOrder
from settlements.models.deposit import CreditCorrection, Deposit
from settlements.models.payout import Payout
from settlements.models.settlement import ClosingAmount, InitialAmount, Settlement, SettlementCount

__all__ = [
    "CashbookAccount",
    "ChangeOrder",
    "ClosingAmount",
    "CreditCorrection",
    "Deposit",
    "InitialAmount",
    "Payout",
    "Settlement",
    "SettlementCount",
]
