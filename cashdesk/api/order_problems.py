"""Words for the error codes of orders and their payments."""

from typing import Final

from cashdesk.web.problems import Example, Problem

_ORDER: Final = "/api/v1/orders/5e60a2d9-0000-4000-8000-000000000000"

ORDERS: Final = (
    Problem(
        code="order_paid",
        statuses=(409,),
        means="The order is already paid. It can be neither paid again nor cancelled.",
        occurs="Two people pay an order at once, or a payment is sent again without an idempotency key.",
        remedy="Read the order. To give money back, report a payment of the type REFUND.",
        example=Example(request=f"POST {_ORDER}/pay/manual", text="The order is already paid and stays so."),
    ),
    Problem(
        code="order_cancelled",
        statuses=(409,),
        means="The order is cancelled. It can be neither paid nor cancelled again.",
        occurs="Somebody else cancelled the order meanwhile.",
        remedy="Create a new order for the customer.",
        example=Example(request=f"POST {_ORDER}/pay/manual", text="The order is cancelled and stays so."),
    ),
    Problem(
        code="order_of_other_store",
        statuses=(409,),
        means="The order belongs to another store than the open shift of the person who takes the payment.",
        occurs="An admin with a shift in one store pays an order of another store.",
        remedy="Let a person with a shift in the store of the order take the payment.",
        example=Example(
            request=f"POST {_ORDER}/pay/manual", text="The order belongs to another store than your open shift."
        ),
    ),
    Problem(
        code="stale_version",
        statuses=(409,),
        means="The order changed after it was read.",
        occurs="The version in the request is not the present version of the order.",
        remedy="Read the order again, show it to the person, and send its new version.",
        example=Example(
            request=f"POST {_ORDER}/pay/manual", text="version: The order has version 2 now. Read it again."
        ),
    ),
)

GATEWAY: Final = (
    Problem(
        code="charge_in_progress",
        statuses=(409,),
        means="Another request charges this order at the payment gateway right now.",
        occurs="A payment by QR code is started twice at once, or a server stopped while it started one.",
        remedy="Send the request again after some seconds. After half a minute the order is free in any case.",
        example=Example(
            request=f"POST {_ORDER}/pay/midtrans",
            text="Another request charges this order right now. Try again in a moment.",
        ),
    ),
    Problem(
        code="charge_waiting",
        statuses=(409,),
        means="The customer can still pay the order by the QR code that they were shown.",
        occurs="A payment by QR code begins at the moment in which the order is paid or cancelled otherwise.",
        remedy="Send the request again. It then ends the payment by QR code first.",
        example=Example(
            request=f"POST {_ORDER}/pay/manual",
            text="The customer can still pay this order by its QR code. Try again.",
        ),
    ),
    Problem(
        code="gateway_decides",
        statuses=(403,),
        means="The payment gateway approves or rejects this payment. A cashier may not decide it.",
        occurs="A cashier decides a pending payment that was started by QR code.",
        remedy="Wait for the gateway, or ask a manager who has seen the payment in the dashboard of the gateway.",
        example=Example(
            request="PATCH /api/v1/payments/5e60a2d9-0000-4000-8000-000000000000",
            text="The payment gateway decides this payment. Only a manager can decide it by hand.",
        ),
    ),
    Problem(
        code="wrong_signature",
        statuses=(403,),
        means="The signature of a notification does not match its content and our server key.",
        occurs="Somebody else than the gateway sent it, or the server key was changed on one side only.",
        remedy="Compare MIDTRANS_SERVER_KEY with the dashboard of the gateway, then let it send the notification again.",
        example=Example(
            request="POST /api/v1/payments/midtrans-notification", text="signature_key: The signature is wrong."
        ),
    ),
    Problem(
        code="gateway_not_configured",
        statuses=(503,),
        means="This installation has no payment gateway.",
        occurs="A payment by QR code is started, but the operator gave no server key.",
        remedy="Take the payment at the drawer, or let the operator set MIDTRANS_SERVER_KEY.",
        example=Example(
            request=f"POST {_ORDER}/pay/midtrans",
            text="Midtrans is not set up here: the setting MIDTRANS_SERVER_KEY is missing.",
        ),
    ),
    Problem(
        code="gateway_unavailable",
        statuses=(503,),
        means="The payment gateway did not answer, or not in a way that can be understood.",
        occurs="The gateway or the network to it is down, slow or busy.",
        remedy="Send the same request again. An order is never charged twice.",
        example=Example(
            request=f"POST {_ORDER}/pay/midtrans",
            text="Midtrans did not answer. Try again in a moment; a payment is never charged twice.",
        ),
    ),
    Problem(
        code="gateway_refused",
        statuses=(503,),
        means="The payment gateway refused the charge. The text has its reason.",
        occurs="The server key is wrong, or the account at the gateway lacks this kind of payment.",
        remedy="Take the payment at the drawer, and let the operator look at the account at the gateway.",
        example=Example(
            request=f"POST {_ORDER}/pay/midtrans",
            text="Midtrans refused the charge: Merchant does not have access for this payment type.",
        ),
    ),
)

PROBLEMS: Final = (*ORDERS, *GATEWAY)
