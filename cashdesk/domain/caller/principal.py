"""The caller: a person, a program or the system, and which rows they may see."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet

from cashdesk.enums import Role, Scope, TokenKind
from cashdesk.errors import Forbidden
from cashdesk.models import AccessToken, CashSession, Store, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a person stands: what was read about their drawer in the same statement as their token."""

    session: CashSession | None
    """Their open session, with its register and store."""
    customers_id: int | None
    """The id of the customers of the session's store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller: a person, a program with an API key, or the system.

    The system is a command on the server. It has neither a user nor a token.
    """

    user: User | None = None
    token: AccessToken | None = None
    store: Store | None = None
    """The store that a person selected for this request, one of those that they may see (`within`)."""
    standing: Standing | None = None
    """None if it was not read together with the token, and for a program."""

    @property
    def is_program(self) -> bool:
        """Whether the caller is an API key."""
        return self.token is not None and self.token.kind == TokenKind.API_KEY

    @property
    def is_system(self) -> bool:
        """Whether the caller is a command on the server, which may do everything."""
        return self.user is None and self.token is None

    @property
    def account_id(self) -> int | None:
        """The id of the caller's account. None for the system and for a superuser without an account."""
        if self.user is not None:
            return self.user.account_id
        return self.token.account_id if self.token else None

    @property
    def label(self) -> str:
        """The caller in stored rows and answers: `user:42`, `apikey:ck_1a2b` or `system` (docs/contracts.md, section 3)."""
        if self.token is not None and self.is_program:
            return f"apikey:{self.token.prefix}"
        return f"user:{self.user.pk}" if self.user is not None else "system"

    @property
    def name(self) -> str:
        """The caller's name to store and show: the name of the person or of the key, or `system`."""
        if self.user is not None:
            return str(self.user)
        return self.token.name or self.token.prefix if self.token is not None else "system"

    def has_role(self, role: Role) -> bool:
        """Whether the caller has at least this role. A program counts as a manager; its scopes are checked separately."""
        if self.user is not None:
            return self.user.has_role(role)
        return self.is_system or (self.is_program and role != Role.ADMIN)

    def administers(self, account_id: int | None) -> bool:
        """Whether the caller is an admin of this account, a superuser of the installation, or the system."""
        if self.is_system or (self.user is not None and self.user.is_superuser and self.user.is_active):
            return True
        return self.has_role(Role.ADMIN) and account_id is not None and account_id == self.account_id

    def manages(self, store: Store) -> bool:
        """Whether the caller is a person with the role of a manager, or above, who works in this store, or the system."""
        if self.user is None:
            return self.is_system
        return self.user.has_role(Role.MANAGER) and works_in(self.user, store)

    def has_scope(self, scope: Scope) -> bool:
        """Whether the caller may make calls that need this scope. People and the system need no scopes."""
        return not self.is_program or (self.token is not None and scope in self.token.scopes)

    @property
    def bound_store(self) -> Store | None:
        """The store to which this request is limited: the selected store, or else the token's store, or else None."""
        if self.store is not None:
            return self.store
        return self.token.store if self.token is not None else None

    @property
    def own_store(self) -> Store | None:
        """The caller's default store, for a request that names no store: `bound_store`, or else the person's store.

        None if the person no longer works in the token's store, or if there is no default store.
        """
        bound = self.bound_store
        if bound is not None:
            return bound if self.user is None or works_in(self.user, bound) else None
        return self.user.store if self.user is not None else None

    def within(self, store_id: int) -> "Principal":
        """Limits a person to one store, as a sign-in for that store does, and returns the limited caller.

        A program, the system, and a person who may not see the store are returned unchanged.
        """
        if self.user is None:
            return self
        own = self.own_store
        found = own if own is not None and own.pk == store_id else self.stores().filter(pk=store_id).first()
        return replace(self, store=found) if found is not None else self

    def stores(self) -> "QuerySet[Store]":
        """Returns the stores that the caller may see. Answers treat all other stores as if they did not exist.

        Includes inactive stores, so that people can read the books and count the open drawers of these stores.
        `domain.store.may_trade` refuses to open a drawer or to trade in an inactive store.
        """
        stores = Store.objects.all() if self.store is None else Store.objects.filter(pk=self.store.pk)
        if self.is_system or (self.user is not None and self.user.is_superuser):
            return stores
        wanted = Q(account_id=self.account_id)
        if self.user is not None and not self.user.has_role(Role.ADMIN):
            wanted &= Q(pk=self.user.store_id)
        if self.token is not None:
            if self.token.vendor_id:
                wanted &= Q(vendor_id=self.token.vendor_id)
            if self.token.store_id:
                wanted &= Q(pk=self.token.store_id)
        return stores.filter(wanted)

    def people(self, *, with_inactive: bool = False) -> "QuerySet[User]":
        """Returns the people that the caller may see. A cashier sees only themselves.

        Leaves out inactive people unless `with_inactive` is set.
        """
        people = User.objects.all() if with_inactive else User.objects.filter(is_active=True)
        is_of_all = self.is_system or (self.user is not None and self.user.is_superuser)
        if is_of_all and self.store is None:
            return people
        if self.user is not None and not self.has_role(Role.MANAGER):
            return people.filter(pk=self.user.pk)
        seen = Q(store__in=self.stores())
        if self.user is not None:
            seen |= Q(pk=self.user.pk)
            if self.has_role(Role.ADMIN) and self.bound_store is None:
                seen |= Q(account_id=self.account_id)
        return people.filter(seen)

    def sessions(self) -> "QuerySet[CashSession]":
        """Returns the cash sessions that the caller may see. A cashier sees only their own."""
        if self.user is not None and not self.has_role(Role.MANAGER):
            return CashSession.objects.filter(user=self.user)
        if self.is_system:
            return CashSession.objects.all()
        return CashSession.objects.filter(store__in=self.stores())


SYSTEM = Principal()


def works_in(user: User, store: Store) -> bool:
    """Whether a person works in a store: it is their own store, or they are an admin of its account or a superuser."""
    if user.is_superuser or user.store_id == store.pk:
        return True
    return user.role == Role.ADMIN and user.account_id == store.account_id


def find_person(*, user_id: int | None, by: Principal) -> User:
    """Returns the person whose drawer a request is about: the person with `user_id`, by default the caller.

    A cashier may name only themselves. A manager may name people of their store. A program may name people of its
    stores (docs/contracts.md, section 1).

    Raises Forbidden for every other id, and for a program that names nobody. An unknown id gives the same error as a
    forbidden id, so that nobody learns which ids exist.
    """
    if by.user is not None and user_id in (None, by.user.pk):
        return by.user
    if user_id is None:
        raise Forbidden(
            "An API key acts for a person. Name the person with user_id.",
            errors={"user_id": "Name the person that the API key acts for."},
        )
    person = (
        by.people().select_related("store", "account", "register").filter(pk=user_id).first()
        if _fits(user_id)
        else None
    )
    if person is None or not by.has_role(Role.MANAGER):
        raise Forbidden("user_id: Use your own id. Managers can also name a cashier of their store.")
    return person


def find_operator(*, uid: str, store: Store, by: Principal) -> User | None:
    """Returns the person of the store's account who has this operator uid, active or not, or None.

    None means that there is no such person, or that `by` may not see them.
    """
    people = by.people(with_inactive=True).filter(has_operator_uid([uid]), account_id=store.account_id)
    # In old data one person's code may equal another person's id. Then the person with the code is returned.
    return people.order_by("-operator_code").first()


def has_operator_uid(uids: Collection[str]) -> Q:
    """Returns the query condition that a person has one of these operator uids.

    The uid of a person is their operator code, or their id if they have no code. Uids are compared as text: `0218` does
    not match the id 218, and digits outside ASCII match no id.
    """
    ids = [int(uid) for uid in uids if uid.isascii() and uid.isdecimal() and len(uid) < 19 and uid == str(int(uid))]
    return Q(operator_code__in=[uid for uid in uids if uid]) | Q(operator_code="", pk__in=ids)


def _fits(identifier: int) -> bool:
    return 0 < identifier < 2**63
