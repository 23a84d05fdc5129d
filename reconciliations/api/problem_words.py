"""Words for the error codes of business days and the variance queue."""

from typing import Final

from cashdesk.web.problems import Example, Problem

VARIANCE: Final = "/api/v1/variances/5e60a2d9-0000-4000-8000-000000000000"

PROBLEMS: Final = (
    Problem(
        code="day_closed",
        statuses=(409,),
        means="The business day is already closed.",
        occurs="A day is closed a second time, by a person or by the nightly command.",
        remedy="Nothing has to be done.",
        example=Example(
            request="POST /api/v1/business-days/2026-11-21/close",
            text="The business day 2026-11-21 is already closed.",
        ),
    ),
    Problem(
        code="day_has_open_drawers",
        statuses=(409,),
        means="The store wants every drawer counted before a day is closed, and some are still open.",
        occurs="A day is closed while sessions or settlements of it, or of a day before, are open.",
        remedy="Count and close the drawers that the text names, then close the day.",
        example=Example(
            request="POST /api/v1/business-days/2026-11-21/close",
            text=(
                "The business day 2026-11-21 cannot be closed yet. Close these first: cash session 165 of Carla Brandt "
                "at Register 1."
            ),
        ),
    ),
    Problem(
        code="variance_state",
        statuses=(409,),
        means="The state of the variance does not allow this act.",
        occurs="For example, an approved variance is explained again.",
        remedy="Read the variance. Its field `allowed` lists what is possible now.",
        example=Example(
            request=f"POST {VARIANCE}/explain", text="The variance is APPROVED. It cannot be changed any more."
        ),
    ),
    Problem(
        code="variance_not_explained",
        statuses=(409,),
        means="The variance has no reason yet, so it cannot be approved or rejected.",
        occurs="A manager decides before anybody has explained.",
        remedy="Explain it with one of the seven reasons first.",
        example=Example(
            request=f"POST {VARIANCE}/approve", text="This difference is not explained yet. Explain it first."
        ),
    ),
    Problem(
        code="variance_not_witnessed",
        statuses=(409,),
        means="The difference is above the second limit and needs a second person before its approval.",
        occurs="An escalated variance is approved without a witness and without a recount.",
        remedy="Let somebody else witness or recount it, then approve it.",
        example=Example(
            request=f"POST {VARIANCE}/approve",
            text="This difference is above the second limit. It needs a witness or a recount before approval.",
        ),
    ),
    Problem(
        code="variance_not_recounted",
        statuses=(409,),
        means="A variance of this kind cannot be recounted.",
        occurs="For example, late money is recounted, which was never in a drawer at a count.",
        remedy="The text says what to do instead.",
        example=Example(
            request=f"POST {VARIANCE}/recount", text="Late money is already in the books. It cannot be counted."
        ),
    ),
    Problem(
        code="nothing_to_repay",
        statuses=(409,),
        means="The variance has no shortage in cash that somebody could pay back.",
        occurs="For example, the drawer was over, or nobody has counted it.",
        remedy="Record the money as paid in without a variance, if it is there.",
        example=Example(request=f"POST {VARIANCE}/repay", text="There is no shortage to repay."),
    ),
)
