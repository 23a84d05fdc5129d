"""The table of states: which acts a session, a payment or an order allows, and which state follows."""

from typing import Final

from cashdesk.enums import OrderAct, OrderStatus, PaymentAct, PaymentStatus, SessionAct, SessionStatus
from cashdesk.transitions import flow_of

FLOW: Final = flow_of(
    {
        "session": {
            SessionStatus.OPEN: {
                SessionAct.CLOSE: SessionStatus.CLOSED,
                SessionAct.FORCE_CLOSE: SessionStatus.CLOSED_SYSTEM,
                SessionAct.CANCEL_OPENING: SessionStatus.CLOSED,
            },
            SessionStatus.CLOSED: {},
            SessionStatus.CLOSED_SYSTEM: {},
        },
        "payment": {
            PaymentStatus.PENDING: {
                PaymentAct.APPROVE: PaymentStatus.APPROVED,
                PaymentAct.REJECT: PaymentStatus.REJECTED,
            },
            PaymentStatus.APPROVED: {},
            PaymentStatus.REJECTED: {},
        },
        "order": {
            OrderStatus.OPEN: {OrderAct.PAY: OrderStatus.PAID, OrderAct.CANCEL: OrderStatus.CANCELLED},
            OrderStatus.PAID: {},
            OrderStatus.CANCELLED: {},
        },
    }
)
"""The possible acts on a session, a payment or an order in each state, and the states that follow (`transitions.py`)."""
