"""The table of states: which acts a settlement, a deposit or a change order allows, and which state follows."""

from typing import Final

from cashdesk.transitions import flow_of
from settlements.enums import Act, ChangeOrderAct, ChangeOrderState, DepositAct, DepositState, SettlementState

FLOW: Final = flow_of(
    {
        "register settlement": {
            SettlementState.OPEN: {
                Act.START_COUNTING: SettlementState.COUNTING,
                Act.FORCE_CLOSE: SettlementState.CLOSED,
            },
            SettlementState.COUNTING: {
                # The last preview closes the settlement, and so does a preview without a difference.
                Act.PREVIEW: (SettlementState.COUNTING, SettlementState.CLOSED),
                Act.CLOSE: SettlementState.CLOSED,
                Act.FORCE_CLOSE: SettlementState.CLOSED,
            },
            SettlementState.CLOSED: {},
        },
        "vault settlement": {
            SettlementState.OPEN: {Act.PREVIEW: SettlementState.OPEN, Act.CLOSE: SettlementState.CLOSED},
            SettlementState.CLOSED: {},
        },
        "deposit": {
            DepositState.PREPARED: {
                DepositAct.COLLECT: DepositState.COLLECTED,
                DepositAct.CREDIT: DepositState.CREDITED,
                DepositAct.CANCEL: DepositState.CANCELLED,
            },
            DepositState.COLLECTED: {
                DepositAct.CREDIT: DepositState.CREDITED,
                DepositAct.CANCEL: DepositState.CANCELLED,
            },
            DepositState.CREDITED: {DepositAct.CORRECT_CREDIT: DepositState.CREDITED},
            DepositState.CANCELLED: {},
        },
        "change order": {
            ChangeOrderState.ORDERED: {
                ChangeOrderAct.RECEIVE: ChangeOrderState.ARRIVED,
                ChangeOrderAct.CANCEL: ChangeOrderState.CANCELLED,
            },
            ChangeOrderState.ARRIVED: {},
            ChangeOrderState.CANCELLED: {},
        },
    }
)
"""The actions that each state of a noun allows, and the states that follow (`cashdesk.transitions`).

Every other action on a settlement is a conflict (docs/contracts.md, section 4).
"""
