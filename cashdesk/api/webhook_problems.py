"""Words for the error codes of webhook endpoints and their deliveries."""

from typing import Final

from cashdesk.web.problems import Example, Problem

ENDPOINT: Final = "/api/v1/webhook-endpoints/5e60a2d9-0000-4000-8000-000000000000"
DELIVERY: Final = f"{ENDPOINT}/deliveries/00d581ea-0471-4b9c-bf6d-2853d023a7a6"

PROBLEMS: Final = (
    Problem(
        code="too_many_endpoints",
        statuses=(409,),
        means="The account has as many webhook endpoints as it may have.",
        occurs="One more endpoint is added.",
        remedy="Remove an endpoint that nobody needs, then add the new one.",
        example=Example(
            request="POST /api/v1/webhook-endpoints", text="The account already has 20 endpoints. Remove one first."
        ),
    ),
    Problem(
        code="too_many_secrets",
        statuses=(409,),
        means="Too many secrets of the endpoint still sign its deliveries.",
        occurs="A secret is replaced again before the overlap of the earlier ones has passed.",
        remedy="Wait until one of them ends, or choose an overlap of 0 to end all old ones now.",
        example=Example(
            request=f"POST {ENDPOINT}/rotate-secret",
            text="5 secrets still sign. Wait until one of them ends, or choose 0 to end all old ones now.",
        ),
    ),
    Problem(
        code="endpoint_off",
        statuses=(409,),
        means="The webhook endpoint is switched off, so nothing is sent to it.",
        occurs="An event is sent again, or a test is sent, while the endpoint is off.",
        remedy="Switch the endpoint on first.",
        example=Example(request=f"POST {ENDPOINT}/test", text="The endpoint is off. Switch it on first."),
    ),
    Problem(
        code="delivery_waiting",
        statuses=(409,),
        means="The event is already waiting to be sent to this endpoint.",
        occurs="An event is sent again that was not delivered yet.",
        remedy="Nothing has to be done: it is tried again by itself. Check that the receiver answers.",
        example=Example(request=f"POST {DELIVERY}/resend", text="This event is already waiting to be sent."),
    ),
    Problem(
        code="delivery_ended",
        statuses=(409,),
        means="The event was already delivered to this endpoint, or given up.",
        occurs="A delivery is given up a second time, or while it succeeds.",
        remedy="Read the list of deliveries. Send the event again if the receiver lost it.",
        example=Example(request=f"POST {DELIVERY}/give-up", text="This event has already been delivered or given up."),
    ),
)
