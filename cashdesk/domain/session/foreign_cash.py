"""Cash of other currencies in a drawer: finds the currencies that a count must include, and books and stores the results.

A count must include every currency that moved in the period or was in the drawer before. This does not depend on the
balance, so a page that asks for a currency reveals nothing about the balance (law 5; docs/decisions/0024).
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.ledger.expected import Book, book_of
from cashdesk.domain.ledger.raise_variance import raise_uncounted
from cashdesk.domain.session.drawer_booking import Drawer, cause_of, cause_of_opening, raise_counted
from cashdesk.domain.session.handover import custody_of, was_taken_on_since
from cashdesk.enums import CASH, CountMoment, SessionStatus, Settling, VarianceKind
from cashdesk.errors import Conflict, InvalidInput
from cashdesk.models import CashSession, CountAmount, ForeignCash, Place


def currencies_asked(*, register: Place, currency: str) -> list[str]:
    """Returns the currencies other than `currency` that a count of the drawer must include, sorted.

    For display only: the close checks again under the lock. The list is empty while a settlement holds the register,
    because then the count of the settlement includes all currencies.
    """
    return _asked(book_of(register), register=register, currency=currency)


def _asked(book: Book, *, register: Place, currency: str) -> list[str]:
    return sorted(book.currencies - {currency}) if register.settling == Settling.NONE else []


def refuse_currencies(others: Sequence[CountedAmount], *, currency: str) -> None:
    """Raises InvalidInput for a currency that is listed twice, and for the drawer's own currency `currency`."""
    seen: set[str] = set()
    for number, found in enumerate(others):
        if found.currency == currency:
            told = _("%(currency)s is the drawer's own currency. Enter it in its own field.")
        elif found.currency in seen:
            told = _("%(currency)s is listed twice. Enter it only once.")
        else:
            seen.add(found.currency)
            continue
        raise InvalidInput.of(f"counts.{number}.currency", told % {"currency": found.currency})


def refuse_left_out(session: CashSession, *, register: Place, book: Book, others: Sequence[CountedAmount]) -> None:
    """Raises Conflict if a currency that the count must include was not counted. The error names the currency."""
    found = {one.currency for one in others}
    for currency in _asked(book, register=register, currency=session.currency):
        if currency not in found:
            told = _("This drawer also took %(currency)s. Count it too, or enter 0.") % {"currency": currency}
            raise Conflict(told, code="currency_not_counted")


def count_in_others(drawer: Drawer, *, book: Book, others: Sequence[CountedAmount]) -> None:
    """Books the differences between the opening counts of other currencies and the register's book.

    Creates a variance for a difference above the tolerance.
    """
    for found in others:
        held = book.amount(currency=found.currency, method=CASH)
        gap = found.amount - held
        drawer.book_difference(gap, currency=found.currency)
        if gap:
            custody = custody_of(drawer.register, until=drawer.session)
            cause = cause_of_opening(drawer.session, custody)
            raise_counted(VarianceKind.OPENING, cause, expected=held, counted=found, by=drawer.by, at=drawer.at)


def book_others(drawer: Drawer, *, book: Book, others: Sequence[CountedAmount]) -> None:
    """At a close, books the differences of currencies other than the drawer's own.

    Also books the return of their counted cash to the vault. The cash stays in the drawer instead if the drawer is
    handed over, or if a settlement holds the register.
    """
    for found in others:
        difference = found.amount - book.amount(currency=found.currency, method=CASH)
        drawer.book_difference(difference, currency=found.currency)
        if not drawer.session.is_handed_over:
            drawer.book_return(found.amount, currency=found.currency)


def freeze_others(
    session: CashSession, *, register: Place, book: Book, others: Sequence[CountedAmount], by: Principal, at: datetime
) -> None:
    """Stores the final figures of other currencies at a close (`ForeignCash`).

    Creates a variance for a difference above the tolerance, and for a currency that was not counted.
    """
    found = {one.currency: one for one in others}
    asked = _asked(book, register=register, currency=session.currency)
    rows = []
    for currency in sorted({*asked, *found}):
        expected, counted = book.amount(currency=currency, method=CASH), found.get(currency)
        row = ForeignCash(session=session, currency=currency, expected_amount=expected)
        row.stays = counted is None or session.is_handed_over
        rows.append(row)
        if counted is None:
            raise_uncounted(cause=cause_of(session), currency=currency, at=at)
            continue
        row.counted_amount, row.difference = counted.amount, counted.amount - expected
        cause = cause_of(session, of_cashier=_is_of_cashier(session, currency, book=book))
        raise_counted(VarianceKind.SESSION, cause, expected=expected, counted=counted, by=by, at=at)
    if rows:
        ForeignCash.objects.bulk_create(rows)


def carry_on(session: CashSession, *, book: Book) -> None:
    """Stores the other currencies that still need a count after a cancelled opening. Their variances already exist."""
    ForeignCash.objects.bulk_create(
        ForeignCash(
            session=session, currency=currency, stays=True, expected_amount=book.amount(currency=currency, method=CASH)
        )
        for currency in sorted(book.carried - {session.currency})
    )


def _is_of_cashier(session: CashSession, currency: str, *, book: Book) -> bool:
    """Whether a difference in a currency belongs to the cashier of the session.

    The difference does not belong to the cashier if all of these are true:

    - the cash was already in the drawer,
    - the cashier did not count the cash at the opening,
    - another person had the drawer last, so the difference may come from that person.
    """
    if currency not in book.carried:
        return True
    counted_in = CountAmount.objects.filter(
        count__session=session, count__moment=CountMoment.OPENING, currency=currency, method=CASH
    )
    return counted_in.exists() or custody_of(session.register_id, until=session).answers_for_gap(session.user_id)


def currencies_left(session: CashSession) -> list[str]:
    """Returns the currencies that a closed session left in its drawer and that nobody has counted since then.

    The session's own currency is first.
    """
    if (
        session.is_open
        or session.is_cancelled
        or CashSession.objects.filter(was_taken_on_since(), pk=session.pk).exists()
    ):
        return []
    left = list(session.foreign_cash.filter(stays=True).order_by("currency").values_list("currency", flat=True))
    if session.status == SessionStatus.CLOSED_SYSTEM or session.is_handed_over:
        left.insert(0, session.currency)
    counted = CountAmount.objects.filter(count__session=session, count__moment=CountMoment.AFTERWARDS)
    done = set(counted.values_list("currency", flat=True))
    return [currency for currency in left if currency not in done]
