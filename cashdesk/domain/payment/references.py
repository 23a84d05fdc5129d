"""Reads the rows that a batch of payment reports refers to, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from django.db.models import Case, Exists, F, Max, OuterRef, Q, When

from cashdesk.domain.caller.principal import Principal, has_operator_uid
from cashdesk.enums import PlaceKind, SessionStatus, Settling
from cashdesk.models import CashSession, Place, Store, User


class Reference(Protocol):
    """The fields of a payment report that name its store, register, session and operator. Empty text: not given."""

    @property
    def store(self) -> str:
        """Number or UUID of the store."""

    @property
    def station(self) -> int | None:
        """Number of the register."""

    @property
    def session(self) -> str:
        """Id or UUID of a cash session."""

    @property
    def operator(self) -> str:
        """Operator uid: a person's operator code, or their id if they have no code."""


@dataclass(kw_only=True)
class References:
    """The rows that a batch of reports refers to, as read from the database."""

    bound: Place | None
    """The register of the token, as it was last read."""
    stores: dict[str, Store] = field(default_factory=dict)
    sessions: dict[str, CashSession] = field(default_factory=dict)
    operators: dict[str, User] = field(default_factory=dict)
    registers: dict[tuple[int, int], Place] = field(default_factory=dict)
    of_another: set[int] = field(default_factory=set)
    """The named registers that are assigned to a person other than the caller."""
    open_by_user: dict[int, CashSession] = field(default_factory=dict)
    open_by_register: dict[int, CashSession] = field(default_factory=dict)
    last_by_user: dict[int, CashSession] = field(default_factory=dict)
    last_by_register: dict[int, CashSession] = field(default_factory=dict)
    settled_by_user: dict[int, Place] = field(default_factory=dict)


def read_references(reports: Sequence[Reference], *, by: Principal, bound: Place | None) -> References:
    """Reads the rows that reports refer to, in a fixed number of queries.

    A register is read before its session, or in the same query. In the other order, the guard of the INSERT would not
    notice a transition between the two reads.
    """
    reader = Reader(by=by, found=References(bound=bound))
    reader.read(reports)
    return reader.found


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Fills `found` with the rows that the reports of `by` refer to."""

    by: Principal
    found: References

    def read(self, reports: Sequence[Reference]) -> None:
        """Reads stores, sessions, people and registers, in this order.

        Then reads the open sessions and the settlements of these people and registers.
        """
        self._find_stores({report.store for report in reports if report.store})
        self._find_sessions({report.session for report in reports if report.session})
        self._find_operators({report.operator for report in reports if report.operator})
        self._find_registers(
            {report.station for report in reports if report.station is not None and not report.session}
        )
        self._find_running()

    def _find_stores(self, references: set[str]) -> None:
        if references:
            uuids = [found for reference in references if (found := uuid_of(reference))]
            for store in self.by.stores().filter(Q(number__in=references) | Q(uuid__in=uuids)):
                self.found.stores[store.number] = self.found.stores[str(store.uuid)] = store

    def _find_sessions(self, references: set[str]) -> None:
        if references:
            numbers = [int(reference) for reference in references if reference.isdecimal() and len(reference) < 19]
            uuids = [found for reference in references if (found := uuid_of(reference))]
            found_sessions = self.by.sessions().filter(Q(pk__in=numbers) | Q(uuid__in=uuids))
            for session in found_sessions.select_related("register", "store", "user"):
                self.found.sessions[str(session.pk)] = self.found.sessions[str(session.uuid)] = session

    def _find_operators(self, references: set[str]) -> None:
        if references:
            # Includes inactive people, because a till may still report payments that they took.
            found_people = self.by.people(with_inactive=True).filter(has_operator_uid(references))
            if self.by.account_id is None:
                # A uid is unique only within an account, and a caller without an account sees every account.
                named = [*self.found.stores.values(), *(session.store for session in self.found.sessions.values())]
                found_people = found_people.filter(account__in={store.account_id for store in named})
            # In old data one person's code may equal another person's id. The person with the code comes last, and replaces
            # the person with the id.
            for person in sorted(found_people, key=lambda found: bool(found.operator_code)):
                self.found.operators[person.operator_uid] = person

    def _find_registers(self, stations: set[int]) -> None:
        if stations:
            own_store = self.by.own_store
            stores = {store.pk for store in (*self.found.stores.values(), *([own_store] if own_store else []))}
            fitting = [station for station in stations if 0 < station < 2**31]
            named = Place.objects.filter(store__in=stores, kind=PlaceKind.REGISTER, number__in=fitting)
            others = User.objects.filter(register=OuterRef("pk"), is_active=True).exclude(
                pk=self.by.user.pk if self.by.user else 0
            )
            for register in named.annotate(is_of_another=Exists(others)):
                self.found.registers[register.store_id, register.number] = register
                if register.is_of_another:
                    self.found.of_another.add(register.pk)

    def _find_running(self) -> None:
        """Finds the open session of each register and person, or the last session if none is open."""
        registers = {register.pk for register in self.found.registers.values()}
        if self.found.bound is not None:
            registers.add(self.found.bound.pk)
        people = {person.pk for person in self.found.operators.values()} | (
            {self.by.user.pk} if self.by.user else set()
        )
        concerned = Q(register__in=registers) | Q(user__in=people)
        if not registers and not people:
            return
        if self._found_with_caller(registers, people):
            return
        self._find_open(concerned)
        idle_people = people - self.found.open_by_user.keys()
        if idle_people:
            registers |= self._find_settled(idle_people)
        idle_registers = registers - self.found.open_by_register.keys()
        if idle_registers or idle_people:
            self._find_last(idle_registers, idle_people)

    def _found_with_caller(self, registers: set[int], people: set[int]) -> bool:
        """Takes the caller's open session, if it was read with the token and nothing else is asked for."""
        standing = self.by.standing
        if standing is None or standing.session is None or self.by.user is None or people != {self.by.user.pk}:
            return False
        session = standing.session
        if not registers <= {session.register_id}:
            return False
        self.found.open_by_user[session.user_id] = self.found.open_by_register[session.register_id] = session
        return True

    def _find_open(self, concerned: Q) -> None:
        running = CashSession.objects.filter(concerned, status=SessionStatus.OPEN)
        for session in running.select_related("register", "store", "user"):
            self.found.open_by_user[session.user_id] = session
            self.found.open_by_register[session.register_id] = session

    def _find_settled(self, people: set[int]) -> set[int]:
        """Finds the registers with a settlement that `people` use. Returns the ids of the registers.

        `people` have no open session. A person uses a register that they are assigned to, or a register whose
        settlement they opened.
        """
        theirs = Q(settling_by__in=people) | Q(assigned_people__in=people)
        found = Place.objects.filter(theirs, ~Q(settling=Settling.NONE), kind=PlaceKind.REGISTER).annotate(
            of_user=Case(When(assigned_people__in=people, then=F("assigned_people")), default=F("settling_by"))
        )
        for register in found.order_by("-number"):
            self.found.settled_by_user[register.of_user] = register
        registers = {register.pk for register in self.found.settled_by_user.values()}
        if registers:
            self._find_open(Q(register__in=registers))
        return registers

    def _find_last(self, registers: set[int], people: set[int]) -> None:
        last = [
            # A cancelled opening does not count as a last session.
            *CashSession.objects.filter(register__in=registers, is_cancelled=False)
            .order_by()
            .values("register")
            .annotate(last=Max("pk"))
            .values_list("last", flat=True),
            *CashSession.objects.filter(user__in=people, is_cancelled=False)
            .order_by()
            .values("user")
            .annotate(last=Max("pk"))
            .values_list("last", flat=True),
        ]
        for session in (
            CashSession.objects.filter(pk__in=last).select_related("register", "store", "user", "seal").order_by("pk")
        ):
            self.found.last_by_register[session.register_id] = session
            self.found.last_by_user[session.user_id] = session


def uuid_of(text: str) -> UUID | None:
    """Returns the text as a UUID, or None for other text."""
    try:
        return UUID(text)
    except ValueError:
        return None
