"""Reusable reads of settlements, each with its fixed number of queries."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from cashdesk.domain.access import store_reference
from cashdesk.domain.handover import counts_of_custody
from cashdesk.domain.holding import usable_registers
from cashdesk.domain.principal import Principal
from cashdesk.enums import CountMoment, PlaceKind, Role, SessionStatus, Settling
from cashdesk.errors import NotFound
from cashdesk.models import CashSession, PaymentMethod, Place, Seal, Store, User
from cashdesk.queries import with_shown_result
from settlements.domain.z_report import SealedPeriod
from settlements.enums import ChangeOrderState, Closing, ReportOf, SettlementState, SettlementType
from settlements.models import ChangeOrder, Deposit, Settlement, SettlementCount

ORDERS_MAX: Final = 50
"""Orders under way that a page lists; a store waits for two or three."""


def settlements(*, by: Principal) -> "QuerySet[Settlement]":
    """Returns the settlements that `by` may know of, with whether they may see the figures (`shows_result`, law 5).

    Managers and programs: all of their stores. A cashier: the register settlements that they opened, counted or closed,
    and those that run at a register which they may use. What lies in the vault is no cashier's to know.
    """
    found = Settlement.objects.select_related("store", "place")
    if by.is_system:
        return _with_shown_result(found, by=by)
    found = found.filter(store__in=by.stores())
    user = by.user
    if user is not None and not by.has_role(Role.MANAGER):
        own = Q(opened_by=user) | Q(counted_by=user) | Q(closed_by=user)
        bound = by.token.register_id if by.token is not None else None
        of_another = User.objects.filter(register=OuterRef("place"), is_active=True).exclude(pk=user.pk)
        usable = Q(place=bound) if bound is not None else Q(place=user.register_id) | Q(~Exists(of_another))
        found = found.filter(own | (usable & ~Q(state=SettlementState.CLOSED)), type=SettlementType.CASHREGISTER)
    return _with_shown_result(found, by=by)


def settlement(*, by: Principal, settlement_id: UUID) -> Settlement:
    """Returns one of them, with its amounts. Raises NotFound, in the same words for one of others as for none."""
    found = with_amounts(settlements(by=by)).filter(uuid=settlement_id).first()
    if found is None:
        raise NotFound(_("There is no settlement with this id."))
    return found


def with_amounts(rows: "QuerySet[Settlement]") -> "QuerySet[Settlement]":
    """Adds the amounts, in one query each."""
    return rows.prefetch_related("initial_amounts", "closing_amounts")


def preview_of(*, by: Principal, settlement: Settlement, attempt: int) -> SettlementCount | None:
    """Returns a preview that `by` made of a settlement that is not closed, with what was counted; None for anybody else's:
    what was told of it is theirs, and would tell another what to count (law 5).
    """
    if settlement.is_closed or not 0 < attempt < 2**31:
        return None
    found = SettlementCount.objects.filter(settlement=settlement, attempt=attempt, count__moment=CountMoment.PREVIEW)
    return found.filter(count__counted_by=by.user).prefetch_related("count__amounts__pieces").first()


def methods_of(store: Store) -> "list[PaymentMethod]":
    """Returns the ways to pay that a count in the store may name: the active ones, and those still counted by hand."""
    methods = PaymentMethod.objects.filter(account=store.account_id)
    return list(methods.filter(Q(is_active=True) | Q(is_counted=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A register, and what runs there, if anything does: its settlement, or where it has none a cash session."""

    register: Place
    settlement: Settlement | None
    session: CashSession | None


def registers(*, by: Principal, store: Store) -> list[Standing]:
    """Returns the registers of a store whose settlements `by` may open and count, by number: a manager all, a cashier the
    assigned one, or those that nobody is assigned to.
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
    """Returns the vault of a store, which every store has."""
    return Place.objects.select_related("store").get(store=store, kind=PlaceKind.VAULT)


def running_at(place: Place) -> Settlement | None:
    """Returns the settlement that runs at a register or in the vault, with what it was opened with."""
    found = Settlement.objects.filter(place=place).exclude(state=SettlementState.CLOSED)
    return found.select_related("store", "place").prefetch_related("initial_amounts").first()


def last_closed_at(place: Place) -> Settlement | None:
    """Returns the settlement of a place that was closed last."""
    return Settlement.objects.filter(place=place, state=SettlementState.CLOSED).order_by("-pk").first()


def session_at(place: Place) -> CashSession | None:
    """Returns the cash session that is open at a register, which stands in the way of its settlement."""
    return CashSession.objects.filter(register=place, status=SessionStatus.OPEN).select_related("user").first()


def deposits(*, by: Principal) -> "QuerySet[Deposit]":
    """Returns the deposits of the stores that `by` may know of."""
    rows = Deposit.objects.select_related(
        "store", "movement__reversed_by", "prepared_by", "collected_by", "credited_by"
    )
    rows = rows.prefetch_related("corrections__corrected_by", "corrections__movement")
    return rows.filter(store__in=by.stores())


def deposit(*, by: Principal, deposit_id: UUID) -> Deposit:
    """Returns one of them. Raises NotFound."""
    found = deposits(by=by).filter(uuid=deposit_id).first()
    if found is None:
        raise NotFound(_("There is no deposit with this id."))
    return found


def change_orders(*, by: Principal) -> "QuerySet[ChangeOrder]":
    """Returns the orders for change of the stores that `by` may know of."""
    rows = ChangeOrder.objects.select_related("store", "movement__reversed_by", "ordered_by", "ended_by")
    return rows.filter(store__in=by.stores())


def change_order(*, by: Principal, order_id: UUID) -> ChangeOrder:
    """Returns one of them. Raises NotFound."""
    found = change_orders(by=by).filter(uuid=order_id).first()
    if found is None:
        raise NotFound(_("There is no change order with this id."))
    return found


def change_under_way(*, store: Store) -> list[ChangeOrder]:
    """Returns the orders of a store that have not come yet, the one that is wanted first first; at most `ORDERS_MAX`."""
    rows = ChangeOrder.objects.filter(store=store, state=ChangeOrderState.ORDERED).select_related("ordered_by")
    return list(rows.order_by(F("wanted_on").asc(nulls_last=True), "pk")[:ORDERS_MAX])


def trading_registers(*, store: Store) -> list[tuple[Place, CashSession | None]]:
    """Returns the registers of a store that trade now, by number, each with the session that is open there, if one is.

    It is a look: what trades when money is moved is asked again under the lock.
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
    """Returns the stores with this number or UUID that `by` may know of, closed ones too: their books stay readable."""
    return by.stores().filter(store_reference(reference))


def place_at(*, by: Principal, store: str, station: int) -> Place:
    """Returns the register with this number, 0 for the vault, of the store with this number or UUID. Raises NotFound, in the
    same words for one of others as for none.
    """
    places = Place.objects.select_related("store").filter(store_reference(store, path="store"), store__in=by.stores())
    kind = PlaceKind.REGISTER if station else PlaceKind.VAULT
    found = places.filter(kind=kind, number=station).first() if station < 2**31 else None
    if found is None:
        raise NotFound(_("There is no such register or vault."))
    return found


def seals(*, by: Principal, place: Place) -> "QuerySet[Seal]":
    """Returns the seals of a place that `by` may know of: a cashier, those of their own sessions whose result they see."""
    found = Seal.objects.filter(place=place, place__store__in=by.stores())
    if not by.has_role(Role.MANAGER):
        # That of a cancelled opening tells how the float differed from what another one had left there.
        own = CashSession.objects.filter(user=by.user, register=place, is_cancelled=False)
        own = with_shown_result(own, by=by)
        found = found.filter(session__in=own.filter(Q(shows_result=True)).values("pk"))
    return found.select_related("place__store", "session", "settlement")


def closed_by(seal: Seal) -> ReportOf:
    """Returns what one of them closed."""
    if hasattr(seal, "settlement"):
        return ReportOf.SETTLEMENT
    return ReportOf.SESSION if hasattr(seal, "session") else ReportOf.COUNT_AFTERWARDS


def sealed_period(*, by: Principal, place: Place, number: int) -> SealedPeriod:
    """Returns one of them with what it closed. Raises NotFound, in the same words for one of others as for none."""
    seal = seals(by=by, place=place).filter(number=number).first() if number < 2**63 else None
    if seal is None:
        raise NotFound(_("There is no Z %(number)s of the %(place)s.") % {"number": number, "place": place.in_words})
    settlement = with_amounts(
        _with_shown_result(Settlement.objects.filter(seal=seal), by=by).select_related("store", "seal")
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


def _with_shown_result(rows: "QuerySet[Settlement]", *, by: Principal) -> "QuerySet[Settlement]":
    """`awaits_count`: closed without a count, and nobody has counted the drawer since, so that a look is noted.

    Its target is a manager's to see; a cashier sees it after somebody else has counted the drawer (docs/decisions/0008).
    """
    counts = counts_of_custody().filter(place=OuterRef("place"), counted_at__gte=OuterRef("closed_at"))
    counted_since = Exists(counts)
    by_another = Exists(counts.filter(counted_by__isnull=False).exclude(counted_by=by.user))
    may_see_uncounted = Value(value=True) if by.has_role(Role.MANAGER) else by_another
    return rows.annotate(
        awaits_count=Case(
            When(closing=Closing.FORCED, then=~counted_since),
            default=Value(value=False),
            output_field=BooleanField(),
        ),
        shows_result=Case(
            When(closing=Closing.FORCED, then=may_see_uncounted),
            When(state=SettlementState.CLOSED, then=Value(value=True)),
            default=Value(value=False),
            output_field=BooleanField(),
        ),
    )
