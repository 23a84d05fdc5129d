"""Reads the last closes of a person and of a register, up to one close: what a strip of thirty draws.

Law 5: only drawers that were counted, and whose cash waits for no further count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.visibility import with_shown_result
from cashdesk.enums import SessionStatus
from cashdesk.models import CashSession
from reconciliations.patterns.figures import limits

CLOSES_MAX: Final = 30
HIDDEN_MAX: Final = 5
"""How many more closes are looked up, in place of those whose cash still waits for a count."""

COMPARED_MAX: Final = 600
"""The most closes of others at a register from which its usual differences are taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCloses:
    """The closes of the cashier and of the register, oldest first.

    `band` has the smallest and the largest usual difference at the register, out of closes of others. None: too few.
    """

    of_person: Sequence[CashSession] = ()
    of_register: Sequence[CashSession] = ()
    band: tuple[int, int] | None = None


def last_closes(session: CashSession, *, by: Principal) -> LastCloses:
    """Returns the last closes up to this session. Runs five statements, each along an index and with a limit."""
    closes = _counted().filter(pk__lte=session.pk, currency=session.currency)
    own = closes.filter(user=session.user_id).order_by("-opened_at", "-pk")
    here = closes.filter(register=session.register_id).order_by("-pk")
    others = here.exclude(user=session.user_id).values_list("difference", flat=True)[:COMPARED_MAX]
    return LastCloses(
        of_person=_shown(own, by=by),
        of_register=_shown(here, by=by),
        band=limits([difference for difference in others if difference is not None]),
    )


def _counted() -> "QuerySet[CashSession]":
    return CashSession.objects.filter(status=SessionStatus.CLOSED, is_cancelled=False)


def _shown(rows: "QuerySet[CashSession]", *, by: Principal) -> list[CashSession]:
    """Returns the newest closes of these rows that are shown, oldest first. Runs two statements.

    The ids come first: in one statement PostgreSQL would read every count of every drawer to find out which are shown.
    """
    newest = list(rows.values_list("pk", flat=True)[: CLOSES_MAX + HIDDEN_MAX])
    shown = with_shown_result(CashSession.objects.filter(pk__in=newest), by=by).select_related("register", "user")
    by_id = {one.pk: one for one in shown if one.shows_result and not one.awaits_count}  # type: ignore[attr-defined]
    return [by_id[pk] for pk in reversed(newest) if pk in by_id][-CLOSES_MAX:]
