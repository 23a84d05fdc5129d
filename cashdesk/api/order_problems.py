"""Words for the error codes of orders and their payments."""

from typing import Final

from cashdesk.web.problems import Example, Problem

_ORDER: Final = "/api/v1/orders/5e60a2d9-0000-4000-8000-000000000000"

PROBLEMS: Final = (
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
