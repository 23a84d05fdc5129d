"""The admin of settlements: periods, cashbook accounts, deposits, change orders and reversals."""

from settlements.admin import cashbook, change_order, deposit, movement, place, seal, settlement

__all__ = ["cashbook", "change_order", "deposit", "movement", "place", "seal", "settlement"]
