"""Reusable reads of settlements, each with a fixed number of queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Case, CharField, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.register_holder import usable_registers
from cashdesk.domain.store.store_reference import store_reference
from cashdesk.domain.visibility import may_see_expected, refuse_bound_key, with_shown_result
from cashdesk.enums import CountMoment, PlaceKind, Role, SessionStatus, Settling
from cashdesk.errors import NotFound
from cashdesk.models import CashSession, Movement, PaymentMethod, Place, Seal, Store, User
from settlements.domain.sealed_period import SealedPeriod
from settlements.domain.visibility import settlements_with_shown_result
from settlements.enums import ENTRY_KIND, ChangeOrderState, Direction, ReportOf, SettlementState, SettlementType
from settlements.models import CashbookAccount, ChangeOrder, Deposit, Settlement, SettlementCount

ORDERS_MAX: Final = 50
"""Most pending orders on one page. A store usually has two or three."""


def settlements(*, by: Principal) -> "QuerySet[Settlement]":
    """Returns the settlements in scope of `by`. Their `shows_result` tells whether `by` may see the figures (law 5).

    Managers and programs see all settlements of their stores. Cashiers see register settlements that they opened,
    counted or closed, and open settlements of registers that they may use. Cashiers never see vault settlements.
    """
    found = Settlement.objects.select_related("store", "place")
    if by.is_system:
        return settlements_with_shown_result(found, by=by)
    found = found.filter(store__in=by.stores())
    user = by.user
    if user is not None and not by.has_role(Role.ADMIN):
        # Named once more, so that PostgreSQL counts the settlements of this store in their index.
        found = found.filter(store=user.store_id)
    if user is not None and not by.has_role(Role.MANAGER):
        own = Q(opened_by=user) | Q(counted_by=user) | Q(closed_by=user)
        bound = by.token.register_id if by.token is not None else None
        of_another = User.objects.filter(register=OuterRef("place"), is_active=True).exclude(pk=user.pk)
        usable = Q(place=bound) if bound is not None else Q(place=user.register_id) | Q(~Exists(of_another))
        found = found.filter(own | (usable & ~Q(state=SettlementState.CLOSED)), type=SettlementType.CASHREGISTER)
    return settlements_with_shown_result(found, by=by)


def settlement(*, by: Principal, settlement_id: UUID) -> Settlement:
    """Returns one settlement in scope, with its amounts.

    Raises the same NotFound for an unknown settlement and for a settlement out of scope.
    """
    found = with_amounts(settlements(by=by)).filter(uuid=settlement_id).first()
    if found is None:
        raise NotFound(_("There is no settlement with this id."))
    return found


def with_amounts(rows: "QuerySet[Settlement]") -> "QuerySet[Settlement]":
    """Prefetches initial and closing amounts, one query each."""
    return rows.prefetch_related("initial_amounts", "closing_amounts")


def cashbook_entries(*, by: Principal) -> "QuerySet[Movement]":
    """Returns the money that was paid in and out under a cashbook account while a settlement was running.

    Each row has its `settlement_uuid`, `station`, `direction` and `account_number`. Managers and programs get the
    entries of their stores. Cashiers get entries at registers only: those that they booked, and all entries of closed
    settlements whose figures they may see. Other entries of a running settlement would help to work out its expected
    amount (law 5).
    """
    comes_in = Q(kind=ENTRY_KIND[Direction.REVENUE])
    # Written out, not as parameters: SQLite prepares a statement without them, and then cannot use a partial index.
    kinds = [Func(template=f"'{kind.value}'", output_field=CharField()) for kind in ENTRY_KIND.values()]
    rows = Movement.objects.filter(kind__in=kinds, store__in=by.stores())
    # COALESCE keeps SQLite from searching the index on `reverses` for NULL, which is almost the whole ledger.
    rows = rows.alias(reversed_id=Coalesce("reverses", 0)).filter(reversed_id=0)
    rows = rows.annotate(
        here=Case(When(comes_in, then=F("destination_id")), default=F("source_id")),
        station=Case(When(comes_in, then=F("destination__number")), default=F("source__number")),
        direction=_words({Direction.REVENUE: comes_in}, default=Direction.EXPENSE),
        account_type=_words(
            {SettlementType.VAULT: Q(source__kind=PlaceKind.VAULT) | Q(destination__kind=PlaceKind.VAULT)},
            default=SettlementType.CASHREGISTER,
        ),
    )
    # The periods of a place do not overlap, so only the last that began before the movement can cover it. Its end is
    # checked afterwards: as a filter, it would search all earlier periods for a movement that is in none of them.
    began = Settlement.objects.filter(place=OuterRef("here"), opened_after__lt=OuterRef("pk"))
    covers = Q(seal__isnull=True) | Q(seal__last_movement__gte=OuterRef("pk"))
    last = began.annotate(covering=Case(When(covers, then=F("uuid")))).order_by("-opened_after", "-pk")
    account = CashbookAccount.objects.filter(
        store=OuterRef("store"), type=OuterRef("account_type"), code=OuterRef("reason")
    )
    rows = rows.annotate(
        settlement_uuid=Subquery(last.values("covering")[:1]), account_number=Subquery(account.values("number")[:1])
    ).filter(settlement_uuid__isnull=False, account_number__isnull=False)
    if not may_see_expected(by):
        shown = settlements(by=by).filter(Q(shows_result=True), uuid=OuterRef("settlement_uuid")).order_by()
        rows = rows.filter(Q(recorded_by=by.user) | Exists(shown), account_type=SettlementType.CASHREGISTER)
    return rows


def with_reversals(rows: "QuerySet[Movement]") -> "QuerySet[Movement]":
    """Joins the store of each movement, and its reversal."""
    return rows.select_related("store", "reversed_by")


def _words(words: Mapping[str, Q], *, default: str) -> Case:
    """Builds an expression: the text of the first true condition, or `default`."""
    cases = (When(condition, then=Value(text)) for text, condition in words.items())
    return Case(*cases, default=Value(default), output_field=CharField())


def preview_of(*, by: Principal, settlement: Settlement, attempt: int) -> SettlementCount | None:
    """Returns the preview with this number and its count, or None.

    None means that `by` did not make this preview, or that the settlement is closed.

    The previews of other people are hidden, because their results would reveal the right count to the next person (law
    5).
    """
    if settlement.is_closed or not 0 < attempt < 2**31:
        return None
    found = SettlementCount.objects.filter(settlement=settlement, attempt=attempt, count__moment=CountMoment.PREVIEW)
    return found.filter(count__counted_by=by.user).prefetch_related("count__amounts__pieces").first()


def methods_of(store: Store) -> "list[PaymentMethod]":
    """Returns the payment methods that a count in the store may name.

    These are the active methods, and inactive methods that are counted by hand.
    """
    methods = PaymentMethod.objects.filter(account=store.account_id)
    return list(methods.filter(Q(is_active=True) | Q(is_counted=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A register with its open settlement, or with its open cash session if it has no settlement.

    Both can be None.
    """

    register: Place
    settlement: Settlement | None
    session: CashSession | None


def registers(*, by: Principal, store: Store) -> list[Standing]:
    """Returns the registers that `by` may settle, by number.

    Managers get all registers of the store. Cashiers get their assigned register, or the registers that are assigned
    to nobody. They also get the register where they have an open session.
    """
    running = {
        found.place_id: found for found in Settlement.objects.filter(store=store).exclude(state=SettlementState.CLOSED)
    }
    trading = CashSession.objects.filter(store=store, status=SessionStatus.OPEN).select_related("user")
    alone = {found.register_id: found for found in trading if found.register_id not in running}
    return [
        Standing(register=one, settlement=running.get(one.pk), session=alone.get(one.pk))
        for one in usable_registers(store=store, by=by).order_by("number")
    ]


def vault_of(store: Store) -> Place:
    """Returns the vault of a store."""
    return Place.objects.select_related("store").get(store=store, kind=PlaceKind.VAULT)


def running_at(place: Place) -> Settlement | None:
    """Returns the place's settlement that is not closed, with its initial amounts, or None."""
    found = Settlement.objects.filter(place=place).exclude(state=SettlementState.CLOSED)
    return found.select_related("store", "place").prefetch_related("initial_amounts").first()


def last_closed_at(place: Place) -> Settlement | None:
    """Returns the most recently closed settlement of a place, or None."""
    return Settlement.objects.filter(place=place, state=SettlementState.CLOSED).order_by("-pk").first()


def session_at(place: Place) -> CashSession | None:
    """Returns the open cash session of a register, which blocks a settlement there, or None."""
    return CashSession.objects.filter(register=place, status=SessionStatus.OPEN).select_related("user").first()


def deposits(*, by: Principal) -> "QuerySet[Deposit]":
    """Returns the deposits in scope of `by`. Raises Forbidden for a key that is bound to a register."""
    refuse_bound_key(by)
    rows = Deposit.objects.select_related(
        "store", "movement__reversed_by", "prepared_by", "collected_by", "credited_by"
    )
    rows = rows.prefetch_related("corrections__corrected_by", "corrections__movement")
    return rows.filter(store__in=by.stores())


def deposit(*, by: Principal, deposit_id: UUID) -> Deposit:
    """Returns one deposit in scope. Raises the same NotFound for an unknown deposit and for a deposit out of scope."""
    found = deposits(by=by).filter(uuid=deposit_id).first()
    if found is None:
        raise NotFound(_("There is no deposit with this id."))
    return found


def change_orders(*, by: Principal) -> "QuerySet[ChangeOrder]":
    """Returns the change orders in scope of `by`. Raises Forbidden for a key that is bound to a register."""
    refuse_bound_key(by)
    rows = ChangeOrder.objects.select_related("store", "movement__reversed_by", "ordered_by", "ended_by")
    return rows.filter(store__in=by.stores())


def change_order(*, by: Principal, order_id: UUID) -> ChangeOrder:
    """Returns one change order in scope. Raises the same NotFound for an unknown order and for an order out of scope."""
    found = change_orders(by=by).filter(uuid=order_id).first()
    if found is None:
        raise NotFound(_("There is no change order with this id."))
    return found


def change_under_way(*, store: Store) -> list[ChangeOrder]:
    """Returns at most `ORDERS_MAX` pending orders of a store, earliest wanted date first."""
    rows = ChangeOrder.objects.filter(store=store, state=ChangeOrderState.ORDERED).select_related("ordered_by")
    return list(rows.order_by(F("wanted_on").asc(nulls_last=True), "pk")[:ORDERS_MAX])


def trading_registers(*, store: Store) -> list[tuple[Place, CashSession | None]]:
    """Returns the registers that may trade now, by number, each with its open session or None.

    Takes no lock: money movements check this again under the lock.
    """
    sessions = CashSession.objects.filter(store=store, status=SessionStatus.OPEN).select_related("user")
    open_at = {session.register_id: session for session in sessions}
    registers = Place.objects.filter(store=store, kind=PlaceKind.REGISTER).order_by("number")
    settled_only = store.requires_settlement
    return [
        (register, open_at.get(register.pk))
        for register in registers
        if register.settling == Settling.OPEN or (register.pk in open_at and not settled_only)
    ]


def stores_named(reference: str, *, by: Principal) -> "QuerySet[Store]":
    """Returns the stores in scope with this number or UUID.

    Switched-off stores are included, because their books stay readable.
    """
    return by.stores().filter(store_reference(reference))


def place_at(*, by: Principal, store: str, station: int) -> Place:
    """Returns the register with this number, or the vault for station 0.

    Raises the same NotFound for an unknown place and for a place out of scope.
    """
    places = Place.objects.select_related("store").filter(store_reference(store, path="store"), store__in=by.stores())
    kind = PlaceKind.REGISTER if station else PlaceKind.VAULT
    found = places.filter(kind=kind, number=station).first() if station < 2**31 else None
    if found is None:
        raise NotFound(_("There is no such register or vault."))
    return found


def seals(*, by: Principal, place: Place) -> "QuerySet[Seal]":
    """Returns the seals of a place in scope of `by`.

    Cashiers get only the seals of their own sessions, and only if they may see the result.
    """
    found = Seal.objects.filter(place=place, place__store__in=by.stores())
    if not may_see_expected(by):
        # The seal of a cancelled opening would reveal how the float differed from the cash that another person left.
        own = CashSession.objects.filter(user=by.user, register=place, is_cancelled=False)
        own = with_shown_result(own, by=by)
        found = found.filter(session__in=own.filter(Q(shows_result=True)).values("pk"))
    return found.select_related("place__store")


def with_subjects(rows: "QuerySet[Seal]") -> "QuerySet[Seal]":
    """Prefetches the session or the settlement that each seal closed, for `closed_by`.

    They are not joined: for a register with few seals PostgreSQL would read all sessions and settlements there are.
    """
    return rows.prefetch_related("session", "settlement")


def closed_by(seal: Seal) -> ReportOf:
    """Returns the subject that the seal closed: a settlement, a session, or a count after a forced close."""
    if hasattr(seal, "settlement"):
        return ReportOf.SETTLEMENT
    return ReportOf.SESSION if hasattr(seal, "session") else ReportOf.COUNT_AFTERWARDS


def sealed_period(*, by: Principal, place: Place, number: int) -> SealedPeriod:
    """Returns one sealed period with its settlement or session.

    Raises the same NotFound for an unknown seal and for a seal out of scope.
    """
    found = seals(by=by, place=place).select_related("session", "settlement")
    seal = found.filter(number=number).first() if number < 2**63 else None
    if seal is None:
        if place.kind == PlaceKind.VAULT:
            raise NotFound(_("The safe has no Z report %(number)s.") % {"number": number})
        named = {"register": place.number, "number": number}
        raise NotFound(_("Register %(register)s has no Z report %(number)s.") % named)
    settlement = with_amounts(
        settlements_with_shown_result(Settlement.objects.filter(seal=seal), by=by).select_related("store", "seal")
    )
    closed = settlement.first() if hasattr(seal, "settlement") else None
    inside = Q(seal=seal)
    if closed is not None:
        inside = Q(seal__place=place, seal__number__gt=closed.opened_after_z, seal__number__lt=number)
    people = ("user", "store", "opened_by", "closed_by")
    sessions = with_shown_result(CashSession.objects.filter(inside), by=by).select_related(*people).order_by("pk")
    if closed is None:
        sessions = sessions.prefetch_related("foreign_cash")
    rows = tuple(sessions) if closed is not None or hasattr(seal, "session") else ()
    return SealedPeriod(
        seal=seal, settlement=closed, session=rows[0] if closed is None and rows else None, sessions=rows
    )
