"""Reads the last closes of a person and of a register, up to one close: what a strip of thirty draws.

Law 5: only drawers that were counted, and whose cash waits for no further count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import BigIntegerField, CharField, QuerySet

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.visibility import may_see_expected, with_shown_result
from cashdesk.enums import SessionStatus
from cashdesk.models import CashSession
from cashdesk.prepared_query import Parameter, PreparedQuery
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
    """Returns the last closes up to this session, for a manager. Runs three statements, each along an index."""
    if not may_see_expected(by):
        return LastCloses()
    at = {"until": session.pk, "currency": session.currency}
    return LastCloses(
        of_person=_shown(_OF_PERSON.rows(**at, user=session.user_id)),
        of_register=_shown(_OF_REGISTER.rows(**at, register=session.register_id)),
        band=limits(_OF_OTHERS.rows(**at, register=session.register_id, user=session.user_id)),
    )


def _counted() -> "QuerySet[CashSession]":
    closes = CashSession.objects.filter(status=SessionStatus.CLOSED, is_cancelled=False)
    return closes.filter(pk__lte=Parameter("until", BigIntegerField()), currency=Parameter("currency", CharField()))


def _newest(*, of: str, order: Sequence[str]) -> "QuerySet[CashSession]":
    """Returns the newest closes of a person or a register, newest first, as a manager sees them.

    The subquery with a limit comes first: without it PostgreSQL would read every count of every drawer to find out which
    closes are shown.
    """
    newest = _counted().filter(**{of: Parameter(of, BigIntegerField())}).order_by(*order)
    rows = CashSession.objects.filter(pk__in=newest.values("pk")[: CLOSES_MAX + HIDDEN_MAX])
    return with_shown_result(rows, by=SYSTEM).select_related("register", "user").order_by(*order)


_OF_PERSON: Final = PreparedQuery(lambda: _newest(of="user", order=("-opened_at", "-pk")))
_OF_REGISTER: Final = PreparedQuery(lambda: _newest(of="register", order=("-pk",)))
_OF_OTHERS: Final = PreparedQuery[Any](
    lambda: (
        _counted()
        .filter(register=Parameter("register", BigIntegerField()))
        .exclude(user=Parameter("user", BigIntegerField()))
        .order_by("-pk")
        .values_list("difference", flat=True)[:COMPARED_MAX]
    )
)


def _shown(newest: Sequence[Any]) -> list[CashSession]:
    """Returns those of the newest closes that are shown, oldest first."""
    shown = [close for close in newest if close.shows_result and not close.awaits_count][:CLOSES_MAX]
    return shown[::-1]
