"""Finds the store, register, session and operator that reported payments belong to, for a whole batch at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.payment.lateness import is_on_time
from cashdesk.domain.payment.references import Reference, References, read_references, uuid_of
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.domain.store.register_holder import Holding, refusal_of
from cashdesk.enums import PlaceKind, Role, Settling
from cashdesk.errors import DomainError, Forbidden, InvalidInput
from cashdesk.models import CashSession, Place, Store, User

R = TypeVar("R", bound=Reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The store, register, session and operator that a payment belongs to.

    `session` is the register's open session, or the closed session that the payment is late for. It is None if there is
    no such session, for example if the register has an open settlement and no open session.
    """

    store: Store
    register: Place | None
    session: CashSession | None
    operator: User | None

    @property
    def is_on_time(self) -> bool:
        """Whether the payment belongs to a running period."""
        return is_on_time(register=self.register, session=self.session)


def targets_of(*, reports: Sequence[R], by: Principal, hold: bool) -> Mapping[R, Target | DomainError]:
    """Returns the target of each report, or its error. Runs a fixed number of queries.

    With `hold`, takes shared locks on the registers, or on the vault for a report without a register. Then reads
    everything again under these locks.
    """
    found = read_references(reports, by=by, bound=by.token.register if by.token is not None else None)
    targets = {report: target_of(report, by=by, found=found) for report in reports}
    if hold:
        first = [target for target in targets.values() if isinstance(target, Target)]
        loose = {target.store for target in first if target.register is None}
        vaults = Place.objects.filter(store__in=loose, kind=PlaceKind.VAULT) if loose else ()
        held = lock_places(shared=[*(target.register for target in first if target.register), *vaults])
        bound = held.get(found.bound.pk, found.bound) if found.bound else None
        # Without what was read before the locks.
        found = read_references(reports, by=replace(by, standing=None), bound=bound)
        targets = {report: target_of(report, by=by, found=found) for report in reports}
    return targets


def target_of(report: Reference, *, by: Principal, found: References) -> Target | DomainError:
    """Returns the target of one report, or its error. Uses only the rows in `found`, not the database."""
    try:
        target = _Decision(by=by, found=found).target(report)
        if report.operator and target.operator and target.operator.account_id != target.store.account_id:
            raise _not_an_operator()
    except DomainError as error:
        return error
    return target


@dataclass(frozen=True, kw_only=True)
class _Decision:
    by: Principal
    found: References

    def target(self, report: Reference) -> Target:
        operator = self._operator(report)
        if report.session:
            return self._of_session(report, operator)
        session = self._own_session(report)
        if session is not None:
            return Target(store=session.store, register=session.register, session=session, operator=operator)
        store = self._store(report)
        if report.station is not None:
            return self._of_register(self._register(report, store), store=store, operator=operator)
        person = operator if report.operator else self.by.user
        if person is not None:
            return self._of_person(person, store=store, operator=operator)
        if self.found.bound is not None and self.found.bound.store_id == store.pk:
            return self._of_register(self.found.bound, store=store, operator=operator)
        raise InvalidInput.of("station", "Name the register by station, session or operator.")

    def _own_session(self, report: Reference) -> CashSession | None:
        """Returns the caller's open session if the report names no store and no station.

        The session may be outside the token's store.
        """
        if report.store or report.station is not None or self.by.user is None:
            return None
        is_own = not report.operator or self.found.operators.get(report.operator) == self.by.user
        return self.found.open_by_user.get(self.by.user.pk) if is_own else None

    def _store(self, report: Reference) -> Store:
        store = self.found.stores.get(report.store) if report.store else self.by.own_store
        if store is None and report.store and (uuid := uuid_of(report.store)):
            store = self.found.stores.get(str(uuid))
        if store is None:
            raise InvalidInput.of("store", "Name a store that you report for." if report.store else "Name the store.")
        return store

    def _operator(self, report: Reference) -> User | None:
        if not report.operator:
            return self.by.user
        operator = self.found.operators.get(report.operator)
        is_another = self.by.user is not None and operator != self.by.user
        if operator is None or (is_another and not self.by.has_role(Role.MANAGER)):
            raise _not_an_operator()
        return operator

    def _register(self, report: Reference, store: Store) -> Place:
        register = self.found.registers.get((store.pk, report.station or 0))
        if register is None:
            raise InvalidInput.of("station", f"store {store.number} has no register {report.station}.")
        self._refuse_register(register)
        return register

    def _refuse_register(self, register: Place) -> None:
        """Raises Forbidden if the caller may not report payments for the register.

        A person may always report for the register of their open session. For any other register, `refusal_of` must
        allow it. A cashier's own registers are the register of the token, the assigned register, and a register whose
        settlement the cashier opened. A register that is not the cashier's own must also have an open settlement and no
        open session. Otherwise the payment could be late and explain the difference of another cashier.
        """
        session = self.found.open_by_user.get(self.by.user.pk) if self.by.user is not None else None
        if session is not None and session.register_id == register.pk:
            return
        refused = refusal_of(register, by=self.by, is_of_another=lambda: register.pk in self.found.of_another)
        if refused is not None:
            raise refused
        if self.by.user is None or self.by.has_role(Role.MANAGER):
            return
        bound = self.by.token.register_id if self.by.token is not None else None
        is_theirs = register.pk in (bound, self.by.user.register_id) or register.settling_by_id == self.by.user.pk
        is_held = register.pk in self.found.open_by_register
        if not is_theirs and (is_held or register.settling != Settling.OPEN):
            told = f"You do not work at register {register.number}."
            raise Forbidden(told, errors={"station": told})

    def _of_session(self, report: Reference, operator: User | None) -> Target:
        session = self.found.sessions.get(report.session)
        if session is None and (uuid := uuid_of(report.session)):
            session = self.found.sessions.get(str(uuid))
        if session is None:
            raise InvalidInput.of("session", "Name a session that you report for.")
        if self.by.is_program:
            self._refuse_register(session.register)
        if report.store and self.found.stores.get(report.store) != session.store:
            raise InvalidInput.of("store", "This is not the store of the session.")
        if report.station is not None and report.station != session.register.number:
            raise InvalidInput.of("station", "This is not the register of the session.")
        return Target(
            store=session.store, register=session.register, session=session, operator=operator or session.user
        )

    def _of_register(self, register: Place, *, store: Store, operator: User | None) -> Target:
        running = self.found.open_by_register.get(register.pk)
        session = running or self._last_of(register)
        # The guard compares the register's `transitions`. Session and register must be of the same moment, so an open
        # session brings the register row from its own query.
        return Target(
            store=store,
            register=running.register if running else register,
            session=session,
            operator=operator or (session.user if session else None),
        )

    def _last_of(self, register: Place) -> CashSession | None:
        """Returns the session that a payment is late for, or None. Called if the register has no open session.

        This is the register's last session. It is None if the register has an open settlement, or if a settlement was
        opened after the last session.
        """
        last = self.found.last_by_register.get(register.pk)
        if last is not None and last.is_open:
            # Another request opened this session after we had read the open sessions. If the payment moves money, the
            # guard refuses the movement and we try again. A pending payment moves none, so it can keep this session.
            return last
        if last is None or register.settling == Settling.OPEN:
            return None
        is_since_settlement = last.seal is not None and last.seal.number > register.settled_after_z
        return last if is_since_settlement else None

    def _of_person(self, person: User, *, store: Store, operator: User | None) -> Target:
        session = self.found.open_by_user.get(person.pk)
        if session is not None and session.store_id != store.pk:
            session = None
        bound = self.found.bound if self.found.bound is not None and self.found.bound.store_id == store.pk else None
        if bound is not None and self.by.is_program:
            # If a key is bound to a register, its reports belong to that register, even if another person made the sale.
            session = None
        settled = self.found.settled_by_user.get(person.pk)
        holding = Holding(
            session=session,
            bound=bound,
            settled=settled if settled is not None and settled.store_id == store.pk else None,
        )
        if holding.session is not None:
            return Target(store=store, register=holding.session.register, session=holding.session, operator=operator)
        if holding.register is not None:
            return self._of_register(holding.register, store=store, operator=operator)
        last = self.found.last_by_user.get(person.pk)
        if last is not None and last.store_id == store.pk:
            return Target(store=store, register=last.register, session=last, operator=operator)
        return Target(store=store, register=None, session=None, operator=operator)


def _not_an_operator() -> InvalidInput:
    return InvalidInput.of("operator", "Name an operator that you report for.")
