"""Recounts of counted cash, and the movement that corrects an error of the first count."""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, keep_count
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.entry import entries_of_difference
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.domain.session.handover import counts_of_custody
from cashdesk.domain.store.place import places_of
from cashdesk.enums import CASH, CORRECTION, CountMoment, PlaceKind, VarianceKind
from cashdesk.errors import Conflict
from cashdesk.models import Count, Movement, Place, Variance
from settlements.models import Settlement

RECOUNTED = (VarianceKind.SESSION, VarianceKind.SETTLEMENT)


def keep_recount(*, variance: Variance, counted: CountedAmount, attempt: int, by: Principal, at: datetime) -> Count:
    """Stores a second person's count and returns it. Raises Conflict if the cash can no longer be recounted.

    If nobody counted the session's cash at the close, stores the missing count with `count_afterwards`.
    """
    if variance.kind == VarianceKind.UNCOUNTED and variance.session is not None:
        count_afterwards(session=variance.session, counted=counted, by=by, at=at, reason="counted from the queue")
        return Count.objects.get(session=variance.session, moment=CountMoment.AFTERWARDS)
    if variance.place is None:
        raise Conflict(_(_INSTEAD[VarianceKind(variance.kind)]), code="variance_not_recounted")
    if _is_counted_since(variance):
        raise Conflict(
            _(
                "This cash was counted again since then, together with other cash. That count includes any mistake of "
                "the first one."
            ),
            code="counted_since",
        )
    return keep_count(
        place=variance.place,
        session=variance.session,
        moment=CountMoment.RECOUNT,
        counted=[counted],
        by=by,
        at=at,
        attempt=attempt,
    )


def instead_of_recount(variance: Variance) -> str:
    """Returns the message for a variance that has no recount, or "". The message names another action."""
    is_left_drawer = variance.kind == VarianceKind.UNCOUNTED and variance.session_id is not None
    if is_left_drawer or variance.kind in RECOUNTED:
        return ""
    return _(_INSTEAD[VarianceKind(variance.kind)])


_INSTEAD = {
    VarianceKind.UNCOUNTED: noop("Count the drawer afterwards, on the page of its settlement."),
    VarianceKind.OPENING: noop("The amount at an opening cannot be counted a second time."),
    VarianceKind.DEPOSIT: noop("The bag is at the bank. It cannot be counted again here."),
    VarianceKind.RECONCILIATION: noop("Report a new reconciliation. It replaces this one."),
    VarianceKind.LATE: noop("Late money is already in the books. It cannot be counted."),
}


def book_correction(*, variance: Variance, recount: Count | None, by: Principal, at: datetime) -> Movement | None:
    """Books the difference between recount and first count against over/short. Returns the movement, or None.

    None means that there is nothing to correct, or that a later count already includes the error. The caller holds the
    locks of the place and of the vault.
    """
    if recount is None or variance.kind not in RECOUNTED or variance.counted_amount is None:
        return None
    found = recount.amounts.get(currency=variance.currency, method=variance.method).amount
    if found == variance.counted_amount or _is_counted_since(variance):
        return None
    places = places_of(variance.store)
    entries = entries_of_difference(
        place=_where_it_lies(variance),
        over_short=places[PlaceKind.OVER_SHORT],
        difference=found - variance.counted_amount,
        currency=variance.currency,
        method=variance.method,
        at=at,
        reason=CORRECTION,
        note=f"Variance {variance.pk}",
    )
    uuids = ledger.record(store=variance.store, entries=entries, by=by, at=at)
    return Movement.objects.get(uuid=uuids[0])


def _where_it_lies(variance: Variance) -> Place:
    """Returns the place that holds the counted cash now.

    Most closes move the cash of a drawer to the vault. The cash stays in the drawer after a handover, and if a
    settlement was open there. Money of other methods goes from a register to clearing.
    """
    if variance.place is None or variance.place.kind == PlaceKind.VAULT:
        return variance.place or places_of(variance.store)[PlaceKind.VAULT]
    if variance.method != CASH:
        return places_of(variance.store)[PlaceKind.CLEARING]
    if variance.session is not None:
        if variance.session.is_handed_over:
            return variance.place
        # Looks for a settlement, not for a RETURN movement, because the close of an empty drawer returns nothing.
        until = Q(closed_at__isnull=True) | Q(closed_at__gt=variance.raised_at)
        if Settlement.objects.filter(until, place=variance.place, opened_at__lte=variance.raised_at).exists():
            return variance.place
    return places_of(variance.store)[PlaceKind.VAULT]


def _is_counted_since(variance: Variance) -> bool:
    """Whether the place that holds the cash was counted after the variance was created."""
    if variance.method != CASH and variance.place is not None:
        # Nobody counts clearing. The slips of an older period are with the register, and a session's count covers only cash.
        counts = counts_of_custody().filter(place=variance.place, session__isnull=True)
        return counts.filter(counted_at__gt=variance.raised_at).exists()
    return counts_of_custody().filter(place=_where_it_lies(variance), counted_at__gt=variance.raised_at).exists()
