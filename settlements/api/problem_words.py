"""Words for the error codes of settlements, deposits and change orders."""

from typing import Final

from cashdesk.web.problems import Example, Problem

DEPOSIT: Final = "/api/v1/deposits/5e60a2d9-0000-4000-8000-000000000000"

PROBLEMS: Final = (
    Problem(
        code="settlement_already_open",
        statuses=(409,),
        means="The register or the safe already has a settlement that is not closed. Each can have one.",
        occurs="A settlement is opened a second time.",
        remedy="Close the settlement that the text names, or go on with it.",
        example=Example(
            request="POST /api/v1/settlements",
            text=(
                "Register 2 has had settlement 5e60a2d9-0000-4000-8000-000000000000 open since 2026-11-21T05:52:04Z. "
                "Close it first."
            ),
        ),
    ),
    Problem(
        code="settlement_state",
        statuses=(409,),
        means="The state of the settlement does not allow this.",
        occurs="For example, a closed settlement is counted, or an entry is booked while it is counted.",
        remedy="Read the settlement. The text says what its state allows.",
        example=Example(
            request="POST /api/v1/cashbookentries",
            text="The settlement is COUNTING. Entries can be booked only while it is OPEN.",
        ),
    ),
    Problem(
        code="vault_not_open",
        statuses=(409,),
        means="The safe of the store has no open settlement, and a register's settlement takes its cash from there.",
        occurs="A register is opened before the safe.",
        remedy="Let a manager open a settlement of type VAULT first.",
        example=Example(
            request="POST /api/v1/settlements",
            text="The safe of store 5001 is not open. A manager must open it before anybody can open a register.",
        ),
    ),
    Problem(
        code="session_open",
        statuses=(409,),
        means="A cash session is still open at the register.",
        occurs="A settlement is opened or counted while a cashier works at the register.",
        remedy="Close the session that the text names, then try again.",
        example=Example(
            request="POST /api/v1/settlements",
            text="Cash session 165 of Carla Brandt is open at register 1: close it first.",
        ),
    ),
    Problem(
        code="previewed_meanwhile",
        statuses=(409,),
        means="Another count of the settlement was compared in the meantime, so this would be a later attempt.",
        occurs="Two people count the same settlement on the pages.",
        remedy="Check the count, then send it again if it should be the next attempt.",
        example=Example(
            request="PATCH /api/v1/settlements/5e60a2d9-0000-4000-8000-000000000000",
            text="Another count was compared in the meantime. This would be attempt 2. Check your count and try again.",
        ),
    ),
    Problem(
        code="nothing_runs",
        statuses=(404,),
        means="There is no X report, because nothing runs at the register or in the safe.",
        occurs="The place has no open session and no open settlement.",
        remedy="Read the last Z report, or ask again when the place is open.",
        example=Example(request="GET /api/v1/registers/2/x-report", text="Register 2 is not open."),
    ),
    Problem(
        code="deposit_state",
        statuses=(409,),
        means="The state of the deposit does not allow this.",
        occurs="A bag is collected twice, or a bank credit is corrected before there is one.",
        remedy="Read the deposit. Its field `allowed` lists what is possible now.",
        example=Example(request=f"POST {DEPOSIT}/collect", text="This bag is already picked up."),
    ),
    Problem(
        code="deposit_cancelled",
        statuses=(409,),
        means="The deposit is cancelled, because its movement was reversed.",
        occurs="A cancelled bag is collected or credited.",
        remedy="Pack the bag again as a new deposit.",
        example=Example(
            request=f"POST {DEPOSIT}/credit", text="This bag was cancelled when its movement was reversed."
        ),
    ),
    Problem(
        code="deposit_credited",
        statuses=(409,),
        means="The bank has credited the deposit, so its movement can no longer be reversed.",
        occurs="The movement of a credited deposit is reversed.",
        remedy="Correct the bank's figure with POST /deposits/{id}/correct-credit.",
        example=Example(
            request="POST /api/v1/movements/5e60a2d9-0000-4000-8000-000000000000/reverse",
            text="The bank has already credited this bag. It cannot be reversed.",
        ),
    ),
    Problem(
        code="change_order_ended",
        statuses=(409,),
        means="The change order has already arrived or is cancelled.",
        occurs="Two people handle the same order.",
        remedy="Read the order again. Order change anew if more is needed.",
        example=Example(request="POST /api/v1/movements", text="This order has already arrived."),
    ),
)
