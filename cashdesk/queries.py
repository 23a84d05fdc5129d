"""Queries that pages and APIs share, each with a fixed number of SQL statements.

They write nothing and calculate no expected amounts.
"""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.undo import BY_HAND
from cashdesk.domain.store.store_reference import store_reference
from cashdesk.domain.visibility import payments_told, with_shown_result
from cashdesk.enums import CountMoment, MovementKind, Role, SessionStatus
from cashdesk.errors import InvalidInput, NotFound
from cashdesk.models import (
    CashSession,
    Count,
    CountPieces,
    Movement,
    Payment,
    PaymentMethod,
    Place,
    SessionNote,
    Shift,
    Store,
    User,
)
from cashdesk.models.payment import PUBLISHED_NUMBERS
from cashdesk.movement_rules import RULES

ID_MAX: Final = 2**63 - 1
OWN_MOVEMENTS_MAX: Final = 50
OWN_SESSIONS_MAX: Final = 5
PEOPLE_MAX: Final = 1_000
REASONS_LOOKED_AT: Final = 200
REASONS_MAX: Final = 8
WORKPLACES_MAX: Final = 1_000


def sessions(*, by: Principal) -> "QuerySet[CashSession]":
    """Returns the sessions that `by` may list.

    The attribute `shows_result` of a session tells whether `by` may see its final amounts.
    """
    return with_shown_result(by.sessions().select_related("user", "store", "register"), by=by)


def shift_summary(*, by: Principal, start: date, end: date, store: str = "") -> "QuerySet[Shift]":
    """Returns the shifts with business dates from `start` to `end` (both included), oldest first.

    `store` (number or UUID) limits the list to one store.
    """
    shifts = Shift.objects.filter(store__in=by.stores(), business_date__gte=start, business_date__lte=end)
    if store:
        shifts = shifts.filter(store_reference(store, path="store"))
    return with_shown_result(shifts.select_related("user", "store"), by=by).order_by("opened_at", "pk")


def movement(*, by: Principal, movement_id: UUID) -> Movement:
    """Returns the movement with this UUID. Raises NotFound if it does not exist or its store is out of scope."""
    movements = Movement.objects.select_related("store", "source", "destination", "payment", "session", "late_for")
    found = movements.filter(uuid=movement_id, store__in=by.stores()).first()
    if found is None:
        raise NotFound(_("There is no movement with this id."))
    return found


def own_movement(*, by: Principal, movement_id: UUID | None) -> Movement | None:
    """Returns the movement with this UUID if `by` recorded it, else None."""
    if movement_id is None or by.user is None:
        return None
    joined = ("store", "source", "destination", "session", "late_for", "reversed_by")
    return Movement.objects.select_related(*joined).filter(uuid=movement_id, recorded_by=by.user).first()


def own_movements(*, by: Principal, session: CashSession) -> "list[Movement]":
    """Returns the latest movements that `by` entered by hand in a session, newest first.

    These are paid in, paid out, drops and loans. Sales and totals are left out (law 5). `reversed_by` is set if the
    movement was undone.
    """
    typed = Movement.objects.filter(session=session, recorded_by=by.user, kind__in=BY_HAND, reverses__isnull=True)
    typed = typed.select_related("source", "destination", "reversed_by")
    return list(typed.order_by("-pk")[:OWN_MOVEMENTS_MAX])


def own_closed_sessions(*, by: Principal) -> "list[CashSession]":
    """Returns the latest closed sessions of the person, newest first, with their other currencies and variances.

    `shows_result` tells whether the person may see the final amounts. `awaits_count` tells that somebody must still count
    the drawer.
    """
    sessions = CashSession.objects.select_related("store", "register").filter(user=by.user)
    closed = with_shown_result(sessions.exclude(status=SessionStatus.OPEN), by=by)
    closed = closed.prefetch_related("foreign_cash", "variances")
    return list(closed.order_by("-opened_at", "-pk")[:OWN_SESSIONS_MAX])


def session_notes(session: CashSession) -> "list[SessionNote]":
    """Returns the notes of a session's cashier, oldest first."""
    return list(SessionNote.objects.select_related("written_by").filter(session=session).order_by("pk"))


def usual_reasons(*, by: Principal, store: Store, kind: MovementKind) -> list[str]:
    """Returns the most used recent reasons for paying in or out in a store, most used first.

    A reason is included if it occurs more than once or if `by` used it. One statement reads the latest movements
    through an index.
    """
    rule = RULES[kind]
    far_end = Place.objects.filter(store=store, kind=rule.far_end).values("pk")[:1]
    end = {"source" if rule.comes_in else "destination": Subquery(far_end)}
    latest = Movement.objects.filter(**end, kind=kind, reverses__isnull=True).order_by("-pk")
    used = Counter[str]()
    own = set()
    for reason, recorded_by in latest.values_list("reason", "recorded_by")[:REASONS_LOOKED_AT]:
        used[reason] += 1
        if by.user is not None and recorded_by == by.user.pk:
            own.add(reason)
    known = [reason for reason, times in used.most_common() if reason and (times > 1 or reason in own)]
    return known[:REASONS_MAX]


def closing_witness(session: CashSession) -> User | None:
    """Returns the witness of the count that closed a session, or None."""
    counts = Count.objects.filter(session=session, moment=CountMoment.CLOSING).select_related("witness")
    count = counts.first()
    return count.witness if count is not None else None


def pieces_counted(session: CashSession) -> "list[CountPieces]":
    """Returns the notes and coins of the closing count in the session's own currency, largest first.

    The list is empty if the cashier entered an amount instead of pieces.
    """
    pieces = CountPieces.objects.filter(
        count_amount__count__session=session,
        count_amount__count__moment=CountMoment.CLOSING,
        count_amount__currency=session.currency,
    )
    return list(pieces.order_by("-denomination"))


def has_returned_its_cash(session: CashSession) -> bool:
    """Whether the close moved the cash back to the vault. If not, the cash stayed in the drawer for the next session."""
    if session.seal is None:
        return False
    period = Movement.objects.filter(
        source=session.register, pk__gt=session.seal.after_movement, pk__lte=session.seal.last_movement
    )
    return period.filter(kind=MovementKind.RETURN, session=session, currency=session.currency).exists()


def payment_methods(*, by: Principal) -> "QuerySet[PaymentMethod]":
    """Returns the active payment methods of the caller's account, or of all accounts if the caller has none."""
    methods = PaymentMethod.objects.filter(is_active=True)
    account_id = by.account_id if by.store is None else by.store.account_id
    return methods if account_id is None else methods.filter(account_id=account_id)


def payment_method(*, reference: str, store: Store) -> PaymentMethod | None:
    """Returns the active payment method of the store's account with this number or UUID, or None."""
    methods = PaymentMethod.objects.filter(account_id=store.account_id, is_active=True)
    if reference.isascii() and reference.isdecimal():
        return methods.filter(PaymentMethod.has_number(int(reference))).first()
    try:
        return methods.filter(uuid=UUID(reference)).first()
    except ValueError:
        return None


def method_number(payment: Payment) -> int | None:
    """Returns the number of a payment's method, or None if the account has no such method.

    Points of sale may report codes that the account does not list. Runs no statement for the published numbers.
    """
    if payment.method in PUBLISHED_NUMBERS:
        return PUBLISHED_NUMBERS[payment.method]
    method = PaymentMethod.objects.filter(account=payment.store.account_id, code=payment.method).first()
    return method.number if method is not None else None


def workplaces(*, by: Principal) -> "list[Store]":
    """Returns the stores that a person may work in, by number. Ignores which store the request selected."""
    return list(replace(by, store=None).stores().order_by("number", "pk")[:WORKPLACES_MAX])


def colleagues(*, by: Principal, is_selling: bool = False) -> "list[User]":
    """Returns the people whom the caller works with, by name, at most `PEOPLE_MAX`.

    With `is_selling`, people who are inactive or have no store are left out, except the caller.
    """
    found = people(by=by)
    if is_selling:
        own = Q(pk=by.user.pk) if by.user is not None else Q()
        found = found.filter(Q(store__isnull=False) | own, is_active=True)
    return list(found.order_by("name", "pk")[:PEOPLE_MAX])


def people(*, by: Principal) -> "QuerySet[User]":
    """Returns the people whom the caller works with.

    A cashier gets the active people of their store. Managers, admins and programs get all people whom they may name in
    requests, also inactive people.
    """
    if by.user is not None and not by.has_role(Role.MANAGER):
        return User.objects.filter(Q(store__in=by.stores()) | Q(pk=by.user.pk), is_active=True)
    return by.people(with_inactive=True)


def person(*, by: Principal, user_id: int) -> User:
    """Returns one of `people`, with their store and register. Raises NotFound for every other id."""
    found = people(by=by).select_related("store", "register").filter(pk=min(user_id, ID_MAX)).first()
    if found is None:
        raise NotFound("There is no person with this id.")
    return found


def shops(*, by: Principal) -> "QuerySet[Store]":
    """Returns the stores in scope of `by`, with their account and vendor."""
    return by.stores().select_related("account", "vendor")


def shop(*, by: Principal, store_id: UUID) -> Store:
    """Returns one store in scope. Raises the same NotFound for an unknown store and for a store out of scope."""
    found = shops(by=by).filter(uuid=store_id).first()
    if found is None:
        raise NotFound("There is no store with this id.")
    return found


def payments(*, by: Principal) -> "QuerySet[Payment]":
    """Returns the payments that `by` may read, with the public id of their movement as `movement_uuid`."""
    first = Movement.objects.filter(payment=OuterRef("pk"), reverses__isnull=True)
    rows = payments_told(by=by).select_related("store", "register", "operator")
    return rows.annotate(movement_uuid=Subquery(first.values("uuid")[:1]))


def payment(*, by: Principal, external_id: str, store: str, station: int | None) -> Payment:
    """Returns the payment with the point of sale's id. `store` and `station` choose among several.

    Raises the same NotFound for an unknown payment and for a payment that `by` may not read. Raises InvalidInput for
    `store` or `station` if several payments remain.
    """
    rows = payments(by=by).filter(external_id=external_id) if external_id.isprintable() else Payment.objects.none()
    if store:
        rows = rows.filter(store_reference(store, path="store"))
    if station is not None:
        rows = rows.filter(register__number=station)
    found = list(rows.order_by("-pk")[:2])
    if not found:
        raise NotFound("There is no payment with this id.")
    if len(found) > 1 and found[0].store_id != found[1].store_id:
        raise InvalidInput.of("store", "Several stores have a payment with this id. Name the store.")
    if len(found) > 1 and station is None and found[0].register_id != found[1].register_id:
        raise InvalidInput.of("station", "Several registers have a payment with this id. Name the station.")
    if len(found) > 1:
        raise InvalidInput.of("id", "Several payments of this register have this id. List them by station and day.")
    return found[0]
