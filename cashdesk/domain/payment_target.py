"""Where a reported payment belongs: which store, register, session and operator. A batch is looked up as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from uuid import UUID

from django.db.models import Case, F, Max, Q, When

from cashdesk.domain import place
from cashdesk.domain.principal import Principal
from cashdesk.enums import PlaceKind, Role, SessionStatus, Settling
from cashdesk.errors import DomainError, Forbidden, InvalidInput
from cashdesk.models import CashSession, Place, Store, User


class Reference(Protocol):
    """The part of a payment report that says where it belongs; an empty text is "left out"."""

    @property
    def store(self) -> str:
        """Number or UUID."""

    @property
    def station(self) -> int | None:
        """Number of the register."""

    @property
    def session(self) -> str:
        """Id or UUID of a cash session."""

    @property
    def operator(self) -> str:
        """Operator code."""


R = TypeVar("R", bound=Reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where it belongs. `session` is the open one of the register, or the closed one it is late for; None where the
    register trades under its settlement alone, or under none.
    """

    store: Store
    register: Place | None
    session: CashSession | None
    operator: User | None

    @property
    def is_trading(self) -> bool:
        """Whether the money goes into a running period."""
        if self.register is None:
            return False
        return self.session.is_open if self.session is not None else self.register.settling == Settling.OPEN


def targets_of(*, reports: Sequence[R], by: Principal, hold: bool) -> Mapping[R, Target | DomainError]:
    """Resolves reports in a fixed number of queries. With `hold` their registers' rows are taken shared, for those without
    a register the vault's, and what was found is looked up once more under that lock.
    """
    look = _Look(by=by, reports=reports, bound=by.token.register if by.token is not None else None)
    targets = {report: look.target(report) for report in reports}
    if hold:
        found = [target for target in targets.values() if isinstance(target, Target)]
        loose = {target.store for target in found if target.register is None}
        vaults = Place.objects.filter(store__in=loose, kind=PlaceKind.VAULT) if loose else ()
        held = place.lock(shared=[*(target.register for target in found if target.register), *vaults])
        look = _Look(by=by, reports=reports, bound=held.get(look.bound.pk, look.bound) if look.bound else None)
        targets = {report: look.target(report) for report in reports}
    return targets


@dataclass(kw_only=True)
class _Look:
    """Everything that the reports refer to, read once each.

    A register is always read before the session on it, or in the same statement: were it the other way round, a
    transition between the two would go unnoticed by the guard of the INSERT.
    """

    by: Principal
    reports: Sequence[Reference]
    bound: Place | None
    """The register that the token is bound to, as it was read last."""
    stores: dict[str, Store] = field(default_factory=dict)
    sessions: dict[str, CashSession] = field(default_factory=dict)
    operators: dict[str, User] = field(default_factory=dict)
    registers: dict[tuple[int, int], Place] = field(default_factory=dict)
    open_by_user: dict[int, CashSession] = field(default_factory=dict)
    open_by_register: dict[int, CashSession] = field(default_factory=dict)
    last_by_user: dict[int, CashSession] = field(default_factory=dict)
    last_by_register: dict[int, CashSession] = field(default_factory=dict)
    settled_by_user: dict[int, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._find_stores({report.store for report in self.reports if report.store})
        self._find_sessions({report.session for report in self.reports if report.session})
        self._find_operators({report.operator for report in self.reports if report.operator})
        self._find_registers(
            {report.station for report in self.reports if report.station is not None and not report.session}
        )
        self._find_running()

    def target(self, report: Reference) -> Target | DomainError:
        """Returns where one report belongs, or why that cannot be said."""
        try:
            return self._target(report)
        except DomainError as error:
            return error

    # --- reading ---------------------------------------------------------------------------------------------------------

    def _find_stores(self, references: set[str]) -> None:
        if references:
            uuids = [found for reference in references if (found := _uuid(reference))]
            for store in self.by.stores().filter(Q(number__in=references) | Q(uuid__in=uuids)):
                self.stores[store.number] = self.stores[str(store.uuid)] = store

    def _find_sessions(self, references: set[str]) -> None:
        if references:
            numbers = [int(reference) for reference in references if reference.isdecimal() and len(reference) < 19]
            uuids = [found for reference in references if (found := _uuid(reference))]
            found_sessions = self.by.sessions().filter(Q(pk__in=numbers) | Q(uuid__in=uuids))
            for session in found_sessions.select_related("register", "store", "user"):
                self.sessions[str(session.pk)] = self.sessions[str(session.uuid)] = session

    def _find_operators(self, references: set[str]) -> None:
        if references:
            numbers = [int(reference) for reference in references if reference.isdecimal() and len(reference) < 19]
            # Also people who left: a late payment of theirs is real money.
            people = self.by.people(with_inactive=True)
            found_people = people.filter(Q(operator_code__in=references) | Q(pk__in=numbers, operator_code=""))
            # A code that somebody was given goes before somebody else's id that reads the same.
            for person in sorted(found_people, key=lambda found: bool(found.operator_code)):
                self.operators[person.operator_uid] = person

    def _find_registers(self, stations: set[int]) -> None:
        if stations:
            stores = {store.pk for store in (*self.stores.values(), *([self._own_store] if self._own_store else []))}
            fitting = [station for station in stations if 0 < station < 2**31]
            for register in Place.objects.filter(store__in=stores, kind=PlaceKind.REGISTER, number__in=fitting):
                self.registers[register.store_id, register.number] = register

    def _find_running(self) -> None:
        """The open sessions of the registers and people concerned; where there is none, their last one."""
        registers = {register.pk for register in self.registers.values()}
        if self.bound is not None:
            registers.add(self.bound.pk)
        people = {person.pk for person in self.operators.values()} | ({self.by.user.pk} if self.by.user else set())
        concerned = Q(register__in=registers) | Q(user__in=people)
        if not registers and not people:
            return
        self._find_open(concerned)
        idle_people = people - self.open_by_user.keys()
        if idle_people:
            registers |= self._find_settled(idle_people)
        idle_registers = registers - self.open_by_register.keys()
        if idle_registers or idle_people:
            self._find_last(idle_registers, idle_people)

    def _find_open(self, concerned: Q) -> None:
        running = CashSession.objects.filter(concerned, status=SessionStatus.OPEN)
        for session in running.select_related("register", "store", "user"):
            self.open_by_user[session.user_id] = session
            self.open_by_register[session.register_id] = session

    def _find_settled(self, people: set[int]) -> set[int]:
        """The registers of people without a session that a settlement holds: assigned to them, or opened by them."""
        theirs = Q(settling_by__in=people) | Q(assigned_people__in=people)
        found = Place.objects.filter(theirs, ~Q(settling=Settling.NONE), kind=PlaceKind.REGISTER).annotate(
            of_user=Case(When(assigned_people__in=people, then=F("assigned_people")), default=F("settling_by"))
        )
        for register in found.order_by("-number"):
            self.settled_by_user[register.of_user] = register
        registers = {register.pk for register in self.settled_by_user.values()}
        if registers:
            self._find_open(Q(register__in=registers))
        return registers

    def _find_last(self, registers: set[int], people: set[int]) -> None:
        last = [
            *CashSession.objects.filter(register__in=registers)
            .order_by()
            .values("register")
            .annotate(last=Max("pk"))
            .values_list("last", flat=True),
            *CashSession.objects.filter(user__in=people)
            .order_by()
            .values("user")
            .annotate(last=Max("pk"))
            .values_list("last", flat=True),
        ]
        for session in (
            CashSession.objects.filter(pk__in=last).select_related("register", "store", "user", "seal").order_by("pk")
        ):
            self.last_by_register[session.register_id] = session
            self.last_by_user[session.user_id] = session

    # --- deciding --------------------------------------------------------------------------------------------------------

    @property
    def _own_store(self) -> Store | None:
        if self.by.token is not None and self.by.token.store is not None:
            return self.by.token.store
        return self.by.user.store if self.by.user is not None else None

    def _target(self, report: Reference) -> Target:
        operator = self._operator(report)
        if report.session:
            return self._of_session(report, operator)
        store = self._store(report)
        if report.station is not None:
            return self._of_register(self._register(report, store), store=store, operator=operator)
        person = operator if report.operator else self.by.user
        if person is not None:
            return self._of_person(person, store=store, operator=operator)
        if self.bound is not None and self.bound.store_id == store.pk:
            return self._of_register(self.bound, store=store, operator=operator)
        raise InvalidInput.of("station", "name the register by station, session or operator.")

    def _store(self, report: Reference) -> Store:
        store = self.stores.get(report.store) if report.store else self._own_store
        if store is None and report.store and (found := _uuid(report.store)):
            store = self.stores.get(str(found))
        if store is None:
            raise InvalidInput.of("store", "is not a store that you report for." if report.store else "is required.")
        return store

    def _operator(self, report: Reference) -> User | None:
        if not report.operator:
            return self.by.user
        operator = self.operators.get(report.operator)
        is_another = self.by.user is not None and operator != self.by.user
        if operator is None or (is_another and not self.by.has_role(Role.MANAGER)):
            raise InvalidInput.of("operator", "is not an operator that you report for.")
        return operator

    def _register(self, report: Reference, store: Store) -> Place:
        register = self.registers.get((store.pk, report.station or 0))
        if register is None:
            raise InvalidInput.of("station", f"store {store.number} has no register {report.station}.")
        if not self.by.has_role(Role.MANAGER) and self.by.user is not None:
            own = self.open_by_user.get(self.by.user.pk)
            bound = self.by.token.register_id if self.by.token is not None else None
            is_theirs = register.pk in (own.register_id if own else None, bound, self.by.user.register_id)
            if not is_theirs and register.settling_by_id != self.by.user.pk:
                raise Forbidden(
                    f"station: you do not work at register {register.number}.", errors={"station": "is not yours."}
                )
        return register

    def _of_session(self, report: Reference, operator: User | None) -> Target:
        session = self.sessions.get(report.session)
        if session is None and (found := _uuid(report.session)):
            session = self.sessions.get(str(found))
        if session is None:
            raise InvalidInput.of("session", "is not a session that you report for.")
        if report.store and self.stores.get(report.store) != session.store:
            raise InvalidInput.of("store", "is not the store of the session.")
        if report.station is not None and report.station != session.register.number:
            raise InvalidInput.of("station", "is not the register of the session.")
        return Target(
            store=session.store, register=session.register, session=session, operator=operator or session.user
        )

    def _of_register(self, register: Place, *, store: Store, operator: User | None) -> Target:
        running = self.open_by_register.get(register.pk)
        session = running or self._last_of(register)
        # The register as it was read with the session, in one statement, is what the guard compares with.
        return Target(
            store=store,
            register=running.register if running else register,
            session=session,
            operator=operator or (session.user if session else None),
        )

    def _last_of(self, register: Place) -> CashSession | None:
        """The session that a payment without an open one is late for: the register's last, unless a settlement trades
        there now or has traded there by itself since.
        """
        last = self.last_by_register.get(register.pk)
        if last is not None and last.is_open:
            # Opened since open ones were looked for. What moves money is stopped by its guard; what is pending has none.
            return last
        if last is None or register.settling == Settling.OPEN:
            return None
        is_since_settlement = last.seal is not None and last.seal.number > register.settled_after_z
        return last if is_since_settlement else None

    def _of_person(self, person: User, *, store: Store, operator: User | None) -> Target:
        session = self.open_by_user.get(person.pk)
        if session is not None and session.store_id == store.pk:
            return Target(store=store, register=session.register, session=session, operator=operator)
        last = self.last_by_user.get(person.pk)
        if self.bound is not None and self.bound.store_id == store.pk:
            return self._of_register(self.bound, store=store, operator=operator)
        settled = self.settled_by_user.get(person.pk)
        if settled is not None and settled.store_id == store.pk:
            return self._of_register(settled, store=store, operator=operator)
        if last is not None and last.store_id == store.pk:
            return Target(store=store, register=last.register, session=last, operator=operator)
        return Target(store=store, register=None, session=None, operator=operator)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
