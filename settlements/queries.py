"""Reusable reads of settlements, each with its fixed number of queries."""

from uuid import UUID

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from cashdesk.domain.access import store_reference
from cashdesk.domain.principal import Principal
from cashdesk.enums import WITHIN_A_PERIOD, PlaceKind, Role
from cashdesk.errors import NotFound
from cashdesk.models import CashSession, Count, Place, Seal, Store, User
from cashdesk.queries import with_shown_result
from settlements.domain.z_report import SealedPeriod
from settlements.enums import Closing, ReportOf, SettlementState, SettlementType
from settlements.models import Deposit, Settlement


def settlements(*, by: Principal) -> "QuerySet[Settlement]":
    """Returns the settlements that `by` may know of, with whether they may see the figures (`shows_result`, law 5).

    Managers and programs: all of their stores. A cashier: the register settlements that they opened, counted or closed,
    and those that run at a register which they may use. What lies in the vault is no cashier's to know.
    """
    found = Settlement.objects.select_related("store", "place")
    if by.is_system:
        return _with_shown_result(found, by=by)
    found = found.filter(store__in=by.stores(with_inactive=True))
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


def deposits(*, by: Principal) -> "QuerySet[Deposit]":
    """Returns the deposits of the stores that `by` may know of."""
    rows = Deposit.objects.select_related(
        "store", "movement__reversed_by", "prepared_by", "collected_by", "credited_by"
    )
    return rows.filter(store__in=by.stores(with_inactive=True))


def deposit(*, by: Principal, deposit_id: UUID) -> Deposit:
    """Returns one of them. Raises NotFound."""
    found = deposits(by=by).filter(uuid=deposit_id).first()
    if found is None:
        raise NotFound(_("There is no deposit with this id."))
    return found


def stores_named(reference: str, *, by: Principal) -> "QuerySet[Store]":
    """Returns the stores with this number or UUID that `by` may know of, closed ones too: their books stay readable."""
    return by.stores(with_inactive=True).filter(store_reference(reference))


def place_at(*, by: Principal, store: str, station: int) -> Place:
    """Returns the register with this number, 0 for the vault, of the store with this number or UUID. Raises NotFound, in the
    same words for one of others as for none.
    """
    places = Place.objects.select_related("store").filter(
        store_reference(store, path="store"), store__in=by.stores(with_inactive=True)
    )
    kind = PlaceKind.REGISTER if station else PlaceKind.VAULT
    found = places.filter(kind=kind, number=station).first() if station < 2**31 else None
    if found is None:
        raise NotFound(_("There is no such register or vault."))
    return found


def seals(*, by: Principal, place: Place) -> "QuerySet[Seal]":
    """Returns the seals of a place that `by` may know of: a cashier, those of their own sessions whose result they see."""
    found = Seal.objects.filter(place=place, place__store__in=by.stores(with_inactive=True))
    if not by.has_role(Role.MANAGER):
        own = with_shown_result(CashSession.objects.filter(user=by.user, register=place), by=by)
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
    rows = tuple(sessions) if closed is not None or hasattr(seal, "session") else ()
    return SealedPeriod(
        seal=seal, settlement=closed, session=rows[0] if closed is None and rows else None, sessions=rows
    )


def _with_shown_result(rows: "QuerySet[Settlement]", *, by: Principal) -> "QuerySet[Settlement]":
    """`awaits_count`: closed without a count, and nobody has counted the drawer since, so that a look is noted.

    Until then its target is what still lies there for the next cashier to count, so only a manager sees it
    (docs/decisions/0008).
    """
    counted_since = Exists(
        Count.objects.filter(place=OuterRef("place"), counted_at__gte=OuterRef("closed_at")).exclude(
            moment__in=WITHIN_A_PERIOD
        )
    )
    may_see_uncounted = Value(value=True) if by.has_role(Role.MANAGER) else counted_since
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
