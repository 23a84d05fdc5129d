"""Compares counts of an open settlement with its target.

A result says only whether the two are equal, never by how much they differ (law 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller.event import events_together
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.store.settlement_hold import hold_place_for_counting
from cashdesk.enums import CountMoment
from cashdesk.errors import Conflict, InvalidInput
from cashdesk.models import User
from cashdesk.pair import Pair
from settlements.domain.allowed_acts import compare_with_target, locked_for_act, reason_detail, refuse_act
from settlements.domain.closing import close_settlement, close_with
from settlements.domain.count_attempts import (
    keep_attempt,
    note,
    refuse_lone_count,
    refuse_open_session,
    refuse_pairs,
)
from settlements.domain.settlement_event import record_counting
from settlements.domain.target import equality_of, unequal_of
from settlements.enums import PREVIEWS_OF_A_REGISTER, Act, Closing, SettlementState, SettlementType
from settlements.models import Settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The result of a preview: the settlement (closed or not), and for each pair whether the count equals the target.

    The pairs are those that were counted, and those of which the target contains money. The result never contains the
    size or direction of a difference (law 5).
    """

    settlement: Settlement
    attempt: int
    results: tuple[tuple[Pair, bool], ...]

    @property
    def unequal(self) -> tuple[Pair, ...]:
        """The pairs of currency and method whose count does not equal the target."""
        return tuple(pair for pair, is_equal in self.results if not is_equal)


def change_settlement(
    *,
    settlement: Settlement,
    state: SettlementState,
    counted: Sequence[CountedAmount] | None,
    by: Principal,
    at: datetime,
) -> Settlement | Preview:
    """Changes a settlement as a PATCH of the settlements API asks.

    `state` is the requested state:

    - COUNTING without amounts: starts the count. With amounts: returns a preview of them.
    - CLOSED: closes the settlement with the amounts. Raises InvalidInput if there are none.
    - OPEN: always raises Conflict.

    Also raises Conflict if the current state does not allow the change.
    """
    if state == SettlementState.OPEN:
        refuse_act(settlement, Act.REOPEN)
    if state == SettlementState.COUNTING:
        if counted is None:
            return start_counting(settlement=settlement, by=by, at=at)
        return preview_settlement(settlement=settlement, counted=counted, by=by, at=at)
    if counted is None:
        refuse_act(settlement, Act.CLOSE)
        raise InvalidInput.of(
            "amounts",
            _("is required to close: what was counted, an empty list for nothing at all."),
            on_pages=_("Enter the counted amounts."),
        )
    return close_settlement(settlement=settlement, counted=counted, by=by, at=at)


@transaction.atomic
def start_counting(*, settlement: Settlement, by: Principal, at: datetime) -> Settlement:
    """Stops trading at a register so that it can be counted, and returns the settlement.

    Raises Conflict while a cash session is open there, and if the settlement is not open.
    """
    settlement = locked_for_act(settlement, by=by)
    refuse_act(settlement, Act.START_COUNTING)
    refuse_open_session(settlement.place)
    settlement.state = SettlementState.COUNTING
    settlement.counted_at, settlement.counted_by, settlement.counted_by_name = at, by.user, by.name
    settlement.save(update_fields=["state", "counted_at", "counted_by", "counted_by_name"])
    hold_place_for_counting(settlement.place)
    record_counting(settlement, at=at)
    note(settlement, "settlement.counting", by=by, at=at)
    return settlement


@transaction.atomic
@events_together()
def preview_settlement(
    *,
    settlement: Settlement,
    counted: Sequence[CountedAmount],
    by: Principal,
    at: datetime,
    reason: str = "",
    after_previews: int | None = None,
    witness: User | None = None,
    refuses_unwitnessed: bool = False,
) -> Preview:
    """Compares a count with the target, and returns for each pair whether it is equal, without any difference.

    A register has three attempts. An attempt without a difference closes the settlement. The third attempt always
    closes the settlement, with the amounts of that attempt. A vault can be previewed any number of times.
    `after_previews` is the number of previews that the caller knows, so that a form sent twice is one attempt.
    `witness` and `refuses_unwitnessed` work as for a session (docs/decisions/0016). Raises InvalidInput if a pair of
    currency and method occurs twice. Raises Conflict if the state does not allow a preview, or if another preview came
    first.
    """
    refuse_pairs(counted, field="amounts")
    settlement = locked_for_act(settlement, by=by)
    refuse_act(settlement, Act.PREVIEW)
    if after_previews not in (None, settlement.preview_count):
        raise Conflict(
            _(
                "Another count was compared in the meantime. This would be attempt %(number)s. Check your count and "
                "try again."
            )
            % {"number": settlement.preview_count + 1},
            code="previewed_meanwhile",
        )
    refuse_lone_count(settlement, counted=counted, witness=witness, by=by, refuses_unwitnessed=refuses_unwitnessed)
    compared = compare_with_target(settlement, counted)
    unequal = unequal_of(compared)
    attempt = settlement.preview_count + 1
    is_last = attempt >= PREVIEWS_OF_A_REGISTER
    closes = settlement.type == SettlementType.CASHREGISTER and (not unequal or is_last)
    moment = CountMoment.CLOSING if closes else CountMoment.PREVIEW
    keep_attempt(settlement, moment=moment, counted=counted, compared=compared, by=by, at=at, witness=witness)
    settlement.preview_count = attempt
    if settlement.type == SettlementType.VAULT:
        settlement.last_count_at, settlement.last_count_by_name = at, by.name
    settlement.save(update_fields=["preview_count", "last_count_at", "last_count_by_name"])
    detail = {"attempt": attempt, "is_equal": not unequal, **reason_detail(reason)}
    note(settlement, "settlement.previewed", by=by, at=at, detail=detail)
    if closes:
        closing = Closing.ATTEMPTS_USED if unequal else Closing.MATCHED
        settlement = close_with(settlement, compared=compared, closing=closing, by=by, at=at, reason=reason)
    results = equality_of(compared, counted=counted)
    return Preview(settlement=settlement, attempt=attempt, results=results)
