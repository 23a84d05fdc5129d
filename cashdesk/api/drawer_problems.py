"""Words for the error codes of drawers, payments and movements."""

from typing import Final

from cashdesk.web.problems import Example, Problem

SESSIONS: Final = (
    Problem(
        code="no_open_session",
        statuses=(404,),
        means="The person or the register has no open cash session.",
        occurs="A request is about the running session of a person or a register, and there is none.",
        remedy="Open a session first. Check that the request names the right person or register.",
        example=Example(request="GET /api/v1/cash/status", text="There is no open cash session."),
    ),
    Problem(
        code="no_open_shift",
        statuses=(403,),
        means="The person who takes the payment has no open shift.",
        occurs="An order is paid before the shift is started or after it ended.",
        remedy="Start a shift, then pay the order.",
        example=Example(
            request="POST /api/v1/orders/A17/pay/manual",
            text="No shift is open. Start one before you take payments.",
        ),
    ),
    Problem(
        code="session_already_open",
        statuses=(409,),
        means="The person or the register already has an open cash session. Each can have one.",
        occurs="A drawer is opened a second time, or somebody else still holds the register.",
        remedy="Close the session that the text names. POST /cash/open can do that with force_close_previous: true.",
        example=Example(
            request="POST /api/v1/cash/open",
            text="Cash session 165 is already open since 2026-11-21T05:52:04Z at register 1.",
        ),
    ),
    Problem(
        code="already_closed",
        statuses=(409,),
        means="The session is already closed, and a closed session never changes.",
        occurs="Two closes arrive at once, or an opening is cancelled too late.",
        remedy="Read the session again. To change a result, let a manager recount it in the variance queue.",
        example=Example(request="POST /api/v1/cash/close", text="The session is already closed."),
    ),
    Problem(
        code="already_counted",
        statuses=(409,),
        means="This cash can no longer be counted afterwards.",
        occurs="The session or settlement was counted at its close, or the drawer was opened or counted since.",
        remedy="Nothing has to be done: the later count includes this cash.",
        example=Example(
            request="POST /api/v1/variances/5e60a2d9-0000-4000-8000-000000000000/recount",
            text="The drawer was opened or counted since then. That count includes this cash.",
        ),
    ),
    Problem(
        code="session_has_moved",
        statuses=(409,),
        means="The opening can no longer be cancelled, because something happened in the drawer since.",
        occurs="There was a movement or a payment after the opening.",
        remedy="Count and close the drawer.",
        example=Example(
            request="POST /api/v1/cash/open",
            text="There was a movement or a payment since the opening. Count and close the drawer.",
        ),
    ),
    Problem(
        code="currency_not_counted",
        statuses=(409,),
        means="The drawer also took another currency, and the count does not have it.",
        occurs="A drawer with foreign cash is handed over or counted for a settlement with its own currency only.",
        remedy="Count the currency that the text names too. Enter 0 if there is none.",
        example=Example(request="POST /api/v1/cash/close", text="This drawer also took USD. Count it too, or enter 0."),
    ),
    Problem(
        code="register_is_counted",
        statuses=(409,),
        means="The register's settlement is being counted. Nothing is booked there meanwhile.",
        occurs="A session is opened, or cash is moved, between the start of the count and the close of the settlement.",
        remedy="Close the settlement first. A payment that customers made is accepted at any time and booked late.",
        example=Example(
            request="POST /api/v1/movements", text="Register 2 is being counted. Close its settlement first."
        ),
    ),
    Problem(
        code="register_switched_off",
        statuses=(409,),
        means="A manager switched the register off. It cannot be opened, and its books stay readable.",
        occurs="A session or a settlement is opened at a register that is switched off.",
        remedy="Choose another register, or ask a manager of the store to switch this one on again.",
        example=Example(request="POST /api/v1/cash/open", text="Register 2 is switched off. Choose another register."),
    ),
    Problem(
        code="register_is_idle",
        statuses=(409,),
        means="The register does not trade: it has no open session and no open settlement.",
        occurs="Cash is dropped, lent, paid in or paid out at a register that nobody opened.",
        remedy="Open a session or a settlement at the register first, or name another register.",
        example=Example(
            request="POST /api/v1/movements",
            text="Register 2 is not open. Open a session or a settlement there first.",
        ),
    ),
    Problem(
        code="drawer_locked",
        statuses=(409,),
        means="The drawer holds more cash than its store allows, so it takes only sales, refunds, drops and a count.",
        occurs="Cash is paid in or out or lent at the drawer. The store looks at its drawers each quarter of an hour.",
        remedy="Drop cash into the safe, then try again.",
        example=Example(
            request="POST /api/v1/movements",
            text="Register 2 holds more cash than it should. Bring cash to the safe first.",
        ),
    ),
    Problem(
        code="settlement_required",
        statuses=(409,),
        means="The registers of this store trade under a settlement only, and the register has no open one.",
        occurs="A session is opened or money is moved in a store with this rule, without a settlement.",
        remedy="Open a settlement of the register, then try again.",
        example=Example(
            request="POST /api/v1/cash/open",
            text="Register 2 has no open settlement. In store 5001 a register needs one.",
        ),
    ),
    Problem(
        code="store_switched_off",
        statuses=(409,),
        means="The store is switched off. It can be read, counted and closed, but not opened.",
        occurs="A drawer is opened or money is moved in a store that an admin has deactivated.",
        remedy="Ask an admin whether the store should be active. Payments that customers made are booked late.",
        example=Example(
            request="POST /api/v1/cash/open",
            text="Store 1337 is switched off. You can only count and close open drawers there.",
        ),
    ),
    Problem(
        code="person_inactive",
        statuses=(409,),
        means="The person was deactivated and cannot open a drawer.",
        occurs="A manager or a key opens a drawer for a person who has left.",
        remedy="Name another person, or ask an admin to activate this one.",
        example=Example(
            request="POST /api/v1/cash/open", text="Carla Brandt was deactivated and cannot open a drawer."
        ),
    ),
    Problem(
        code="moved_meanwhile",
        statuses=(409,),
        means="The person was assigned to another register while the drawer was opened.",
        occurs="A manager changes the assignment at the same moment.",
        remedy="Check which register the person has now, then open the drawer again.",
        example=Example(
            request="POST /api/v1/cash/open",
            text="Carla Brandt was just assigned to another register. Check the register, then try again.",
        ),
    ),
)

MONEY: Final = (
    Problem(
        code="payment_differs",
        statuses=(409,),
        means="This till has already reported a payment with this id and other figures. The first report stays valid.",
        occurs="A point of sale uses an id twice, or changes a payment that it has reported.",
        remedy="Give every payment its own id. Report a correction as a payment of type REFUND with an id of its own.",
        example=Example(
            request="POST /api/v1/payments",
            text="id: Payment till-1-0001 was already reported with other figures.",
            errors={"id": "This payment was already reported with other figures."},
        ),
    ),
    Problem(
        code="payment_decided",
        statuses=(409,),
        means="The payment is already approved or rejected, and stays so.",
        occurs="A pending payment is decided a second time, in another way.",
        remedy="Keep the first decision. Report a refund if the money went back.",
        example=Example(
            request="PATCH /api/v1/payments/till-1-0001",
            text="status: The payment is already APPROVED and stays so.",
        ),
    ),
    Problem(
        code="invalid_movement",
        statuses=(400,),
        means="The ledger refuses the movement.",
        occurs="The kind does not allow these places, cannot be recorded by hand, or cannot be reversed.",
        remedy="Choose a kind and a place that belong together, as the contracts list them.",
        example=Example(
            request="POST /api/v1/movements/5e60a2d9-0000-4000-8000-000000000000/reverse",
            text="This is a reversal. To undo it, book the movement again.",
        ),
    ),
    Problem(
        code="already_reversed",
        statuses=(409,),
        means="The movement is already reversed. A movement is reversed at most once.",
        occurs="Two people correct the same movement, or a request is repeated without its idempotency key.",
        remedy="Nothing has to be done. Book a new movement if the reversal was a mistake.",
        example=Example(
            request="POST /api/v1/movements/5e60a2d9-0000-4000-8000-000000000000/reverse",
            text="This movement is already reversed.",
        ),
    ),
    Problem(
        code="counted_since",
        statuses=(409,),
        means="The cash was counted since then, so the mistake is already part of a difference.",
        occurs="A movement between two places is reversed, or a count is repeated, after both were counted again.",
        remedy="Explain the difference in the variance queue.",
        example=Example(
            request="POST /api/v1/movements/5e60a2d9-0000-4000-8000-000000000000/reverse",
            text="Both places were counted since then. Their differences already include this movement.",
        ),
    ),
)

PAGES: Final = (
    Problem(
        code="out_of_line",
        statuses=(400,),
        means="The amount is unusually large, and nobody has confirmed it.",
        occurs="On the pages of the desk and the safe only. Programs are not asked.",
        remedy="Check the amount, then confirm it on the page.",
        example=Example(request="POST /api/v1/movements", text="Check the amount. It is larger than usual."),
    ),
    Problem(
        code="drawer_open",
        statuses=(409,),
        means="A person, a register or a store cannot be changed while a drawer is open there.",
        occurs="In the back office, when somebody is moved or a store is switched off.",
        remedy="Close the drawer or the settlement that the text names, with or without a count.",
        example=Example(
            request="POST /api/v1/movements",
            text="Register 2 of store 1337 has an open settlement. Close it first, with or without a count.",
        ),
    ),
    Problem(
        code="draft_changed",
        statuses=(409,),
        means="The person changed the same form on another device.",
        occurs="On the pages only, while a form is saved as a draft.",
        remedy="Choose on the page which of the two versions to keep.",
        example=Example(request="POST /api/v1/movements", text="This form was changed on another device."),
    ),
    Problem(
        code="draft_gone",
        statuses=(409,),
        means="The person sent or discarded the form on another page.",
        occurs="On the pages only, while a form is saved as a draft.",
        remedy="Reload the page.",
        example=Example(request="POST /api/v1/movements", text="This form was already sent or discarded."),
    ),
    Problem(
        code="key_ended",
        statuses=(409,),
        means="The API key is expired or revoked, so it cannot be changed or rotated.",
        occurs="In the back office.",
        remedy="Issue a new key.",
        example=Example(request="POST /api/v1/movements", text="This key has ended. Issue a new one."),
    ),
    Problem(
        code="key_replaced",
        statuses=(409,),
        means="The API key was already rotated.",
        occurs="In the back office.",
        remedy="Rotate the key that replaced it.",
        example=Example(
            request="POST /api/v1/movements",
            text="This key was already rotated. Rotate the key that replaced it.",
        ),
    ),
)
"""Codes that only the pages answer. An example has the shape that our own calls would give it."""

PROBLEMS: Final = (*SESSIONS, *MONEY, *PAGES)
