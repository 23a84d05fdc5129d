"""Says in words what the search found. Each hit has a title, facts, and the path of the right page for this person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import CASH, PaymentStatus, PaymentType, PlaceKind, Role
from cashdesk.formats import style
from cashdesk.models import CashSession, Movement, Seal, User, Variance
from reconciliations.screens.needs import path_of_bag
from reconciliations.screens.times import when
from reconciliations.screens.variance_words import facts_of, headline_of, register_named
from settlements.enums import DepositState
from settlements.models import ClosingAmount, Deposit

ROLES: Final = {Role.CASHIER: noop("Cashier"), Role.MANAGER: noop("Manager"), Role.ADMIN: noop("Admin")}
STATUSES: Final = {
    (PaymentType.SALE, PaymentStatus.APPROVED): noop("Sale, approved"),
    (PaymentType.SALE, PaymentStatus.PENDING): noop("Sale, pending"),
    (PaymentType.SALE, PaymentStatus.REJECTED): noop("Sale, rejected"),
    (PaymentType.REFUND, PaymentStatus.APPROVED): noop("Refund, approved"),
    (PaymentType.REFUND, PaymentStatus.PENDING): noop("Refund, pending"),
    (PaymentType.REFUND, PaymentStatus.REJECTED): noop("Refund, rejected"),
}
BAGS: Final = {
    DepositState.PREPARED: noop("Packed"),
    DepositState.COLLECTED: noop("Picked up"),
    DepositState.CREDITED: noop("Credited"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One row that was found. `path` is "" if this person has no page for it."""

    title: str
    facts: Sequence[str]
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Writes hits for one person. `names_stores` says whether the store is named, because hits may be of several."""

    by: Principal
    now: datetime
    names_stores: bool

    @property
    def _is_manager(self) -> bool:
        return self.by.has_role(Role.MANAGER)

    def register(self, place: Any) -> Hit:
        """Writes a register and who has its drawer open. Leads to its card on the page Today."""
        state = _("Open: %(person)s") % {"person": place.held_by} if place.held_by else _("No drawer is open.")
        facts = [state] if place.is_active else [_("Switched off")]
        path = f"{reverse('today')}?{urlencode({'store': place.store.uuid})}#register-{place.number}"
        return Hit(title=str(place), facts=[*self._store(place.store), *facts], path=path)

    def person(self, user: User) -> Hit:
        """Writes a person with their role and store."""
        facts = [_(ROLES[Role(user.role)]), user.username]
        if user.store is not None:
            facts.append(str(user.store))
        if not user.is_active:
            facts.append(_("Inactive"))
        return Hit(title=str(user), facts=facts, path=reverse("admin:cashdesk_user_change", args=[user.pk]))

    def payment(self, payment: Any) -> Hit:
        """Writes a payment. Hides its amount until its period is counted (law 5)."""
        facts = [_(STATUSES[PaymentType(payment.type), PaymentStatus(payment.status)])]
        if payment.tells_amount:
            facts.insert(0, f"{style().amount(payment.amount, payment.currency)} {payment.method}")
        else:
            facts.append(_("The amount is hidden until the drawer is counted."))
        if payment.register is not None:
            facts.append(str(payment.register))
        facts.append(when(payment.reported_at, store=payment.store, now=self.now))
        path = reverse("admin:cashdesk_payment_change", args=[payment.pk]) if self._is_manager else ""
        if not self._is_manager and payment.session is not None:
            path = reverse("desk-result", args=[payment.session.uuid])
        title = _("Payment %(id)s") % {"id": payment.external_id}
        return Hit(title=title, facts=[*self._store(payment.store), *facts], path=path)

    def bag(self, bag: Deposit) -> Hit:
        """Writes a bag for the bank."""
        amount = style().amount(bag.movement.amount, bag.movement.currency)
        facts = [amount, _(BAGS[DepositState(bag.state)]), when(bag.prepared_at, store=bag.store, now=self.now)]
        title = _("Bag %(bag)s") % {"bag": bag.bag_number}
        return Hit(title=title, facts=[*self._store(bag.store), *facts], path=path_of_bag(bag, bag.store))

    def session(self, session: CashSession) -> Hit:
        """Writes a drawer, with its result unless `tells_result` is set to false."""
        facts = [str(session.user)]
        if session.closed_at is not None:
            facts.append(when(session.closed_at, store=session.store, now=self.now))
        if getattr(session, "tells_result", True):
            facts += self._result(
                session.declared_amount or 0, session.expected_amount or 0, session.difference or 0, session.currency
            )
        else:
            facts.append(_("Open") if session.is_open else _("Not counted"))
        words = {"number": session.pk, "register": register_named(session.register)}
        title = _("Cash session %(number)s at register %(register)s") % words
        path = reverse("desk-result", args=[session.uuid])
        return Hit(title=title, facts=[*self._store(session.store), *facts], path=path)

    def settlement(self, line: ClosingAmount) -> Hit:
        """Writes one counted amount of a closed settlement."""
        settlement = line.settlement
        facts = [settlement.closed_by_name] if settlement.closed_by_name else []
        if settlement.closed_at is not None:
            facts.append(when(settlement.closed_at, store=settlement.store, now=self.now))
        if line.method != CASH:
            facts.append(line.method)
        facts += self._result(line.actual, line.target, line.difference, line.currency)
        title = _("Settlement: %(place)s") % {"place": settlement.place}
        return Hit(title=title, facts=facts, path=reverse("settlement-page", args=[settlement.uuid]))

    def variance(self, variance: Variance) -> Hit:
        """Writes a variance."""
        path = reverse("variance-page", args=[variance.uuid])
        return Hit(title=headline_of(variance), facts=facts_of(variance, now=self.now), path=path)

    def movement(self, movement: Movement) -> Hit:
        """Writes a movement by hand."""
        ends = _("%(source)s to %(destination)s") % {"source": movement.source, "destination": movement.destination}
        facts = [ends, when(movement.recorded_at, store=movement.store, now=self.now)]
        if movement.recorded_by is not None:
            facts.append(str(movement.recorded_by))
        if hasattr(movement, "reversed_by"):
            facts.append(_("Reversed"))
        path = reverse("admin:cashdesk_movement_change", args=[movement.pk]) if self._is_manager else ""
        if not self._is_manager and movement.session is not None:
            path = reverse("desk-result", args=[movement.session.uuid])
        amount = style().amount(movement.amount, movement.currency)
        return Hit(title=f"{movement.get_kind_display()}: {amount}", facts=facts, path=path)

    def z_report(self, seal: Seal) -> Hit:
        """Writes a Z report."""
        place, store = seal.place, seal.place.store
        station = place.number if place.kind == PlaceKind.REGISTER else 0
        title = _("Z report %(number)s") % {"number": seal.number}
        path = reverse("z-report", args=[store.uuid, station, seal.number])
        return Hit(title=title, facts=[str(place), when(seal.sealed_at, store=store, now=self.now)], path=path)

    def _store(self, store: Any) -> list[str]:
        return [str(store)] if self.names_stores else []

    def _result(self, counted: int, expected: int, difference: int, currency: str) -> list[str]:
        write = style().amount
        facts = [_("Counted %(amount)s") % {"amount": write(counted, currency)}]
        facts.append(_("Expected %(amount)s") % {"amount": write(expected, currency)})
        if difference:
            text = _("Short by %(amount)s") if difference < 0 else _("Over by %(amount)s")
            return [*facts, text % {"amount": write(abs(difference), currency)}]
        return [*facts, _("Balanced")]
