"""Books the floats, returns and differences of a session's transitions, and creates their variances."""

from dataclasses import dataclass, replace
from datetime import datetime

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.clearing import clear_register
from cashdesk.domain.ledger.entry import Entry, entries_of_difference
from cashdesk.domain.ledger.expected import Book
from cashdesk.domain.ledger.raise_variance import Cause, raise_difference
from cashdesk.domain.session.handover import Custody, custody_of
from cashdesk.enums import CASH, MovementKind, PlaceKind, Settling, VarianceKind
from cashdesk.models import CashSession, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """The drawer of a session during a transition. The caller holds the lock of `register`.

    `is_of_session`: the movements belong to the session. It is false for a count after a handover, because the session
    was already counted and closed before.
    """

    session: CashSession
    register: Place
    places: dict[str, Place]
    by: Principal
    at: datetime
    is_of_session: bool = True

    def book_difference(self, difference: int, *, currency: str) -> None:
        """Books a difference between the register and over/short. `difference` is counted minus book, in minor units."""
        entries = entries_of_difference(
            place=self.register,
            over_short=self.places[PlaceKind.OVER_SHORT],
            difference=difference,
            currency=currency,
            method=CASH,
            at=self.at,
            session=self.session if self.is_of_session else None,
        )
        if entries:
            ledger.record(store=self.session.store, entries=entries, by=self.by, at=self.at)

    def book_return(self, amount: int, *, currency: str) -> None:
        """Books the return of counted cash to the vault.

        If a settlement holds the register, books nothing, because the cash stays in the drawer.
        """
        if amount and self.register.settling == Settling.NONE:
            vault = self.places[PlaceKind.VAULT]
            self._book_transfer(MovementKind.RETURN, self.register, vault, amount=amount, currency=currency)

    def clear(self, book: Book) -> None:
        """Books everything but cash to clearing. `book` is the book of the register at the close.

        If a settlement holds the register, books nothing, because the settlement's count includes this money.
        """
        if self.register.settling == Settling.NONE:
            clear_register(
                register=self.register,
                balances=book.balances,
                store=self.session.store,
                by=self.by,
                at=self.at,
                session=self.session if self.is_of_session else None,
            )

    def bring_to_float(self, *, held_amount: int) -> None:
        """Makes the register's book equal to the float of the opening. `held_amount` is the book before the opening.

        An empty register gets the float from the vault. If the register held cash, no float moves: the opening
        difference is booked, and a variance is created if the difference is above the tolerance.
        """
        session = self.session
        if held_amount:
            custody = custody_of(self.register, until=session)
            self.book_difference(session.opening_difference, currency=session.currency)
            counted = CountedAmount(currency=session.currency, amount=session.start_amount)
            cause = cause_of_opening(session, custody)
            raise_counted(VarianceKind.OPENING, cause, expected=held_amount, counted=counted, by=self.by, at=self.at)
            _note_counted_in(session, custody.handed_over_by, by=self.by, at=self.at)
        elif session.start_amount:
            vault, amount = self.places[PlaceKind.VAULT], session.start_amount
            self._book_transfer(MovementKind.FLOAT, vault, self.register, amount=amount, currency=session.currency)

    def _book_transfer(
        self, kind: MovementKind, source: Place, destination: Place, *, amount: int, currency: str
    ) -> None:
        entry = Entry(
            source=source,
            destination=destination,
            amount=amount,
            currency=currency,
            method=CASH,
            kind=kind,
            occurred_at=self.at,
            session=self.session if self.is_of_session else None,
        )
        ledger.record(store=self.session.store, entries=[entry], by=self.by, at=self.at)


def _note_counted_in(session: CashSession, before: CashSession | None, *, by: Principal, at: datetime) -> None:
    """Writes an audit entry with both cashiers of a handover, also if there is no difference.

    `before` is the session that was handed over. If it is None, there was no handover, and nothing is written.
    """
    if before is not None:
        detail = {
            "from_session": before.pk,
            "handed_over_by": str(before.user),
            "handed_over_at": before.closed_at.isoformat() if before.closed_at else "",
            "counted_in_by": str(session.user),
            "difference": session.opening_difference,
        }
        audit.note(
            action="session.counted_in",
            subject=f"session:{session.pk}",
            by=by,
            at=at,
            store=session.store,
            detail=detail,
        )


def cause_of(session: CashSession, *, of_cashier: bool = True) -> Cause:
    """Builds the `Cause` for a variance of a session.

    With `of_cashier` the variance names the cashier. Without it the variance names nobody.
    """
    return Cause(
        store=session.store,
        subject=f"session:{session.pk}",
        business_date=session.business_date,
        place=session.register,
        session=session,
        person_id=session.user_id if of_cashier else None,
    )


def cause_of_opening(session: CashSession, custody: Custody) -> Cause:
    """Builds the `Cause` for the variance of an opening difference.

    The variance names the cashier if the same person also had the drawer last. If another person had it last, the
    variance names nobody.
    """
    return cause_of(session, of_cashier=custody.answers_for_gap(session.user_id))


def cause_afterwards(session: CashSession) -> tuple[VarianceKind, Cause]:
    """Returns the kind and the `Cause` for the variance of a count after the session.

    After a handover the variance names nobody, because the cashier had already counted the drawer. Its subject is
    `handover:<id>`, because the session's own opening difference may already use the subject `session:<id>`.
    """
    if not session.is_handed_over:
        return VarianceKind.SESSION, cause_of(session)
    return VarianceKind.OPENING, replace(cause_of(session, of_cashier=False), subject=f"handover:{session.pk}")


def raise_counted(
    kind: VarianceKind, cause: Cause, *, expected: int, counted: CountedAmount, by: Principal, at: datetime
) -> None:
    """Creates a variance if counted minus expected (minor units) is above the store's tolerance."""
    raise_difference(
        kind=kind, cause=cause, expected=expected, counted=counted.amount, currency=counted.currency, by=by, at=at
    )
