"""The caller: a person, a program or the system, and which rows they may see."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from cashdesk.enums import Role, Scope, TokenKind
from cashdesk.errors import Forbidden
from cashdesk.models import AccessToken, CashSession, Store, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person, a program with an API key, or the system (a command on the server, with neither user nor token)."""

    user: User | None = None
    token: AccessToken | None = None

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
        """The caller's account. None for the system and for an operator of the installation."""
        if self.user is not None:
            return self.user.account_id
        return self.token.account_id if self.token else None

    @property
    def label(self) -> str:
        """`user:42`, `apikey:ck_1a2b` or `system`, for audit entries and answers (docs/contracts.md, section 3)."""
        if self.token is not None and self.is_program:
            return f"apikey:{self.token.prefix}"
        return f"user:{self.user.pk}" if self.user is not None else "system"

    @property
    def name(self) -> str:
        """The name on documents: the person's, the key's, or `system`."""
        if self.user is not None:
            return str(self.user)
        return self.token.name or self.token.prefix if self.token is not None else "system"

    def has_role(self, role: Role) -> bool:
        """Whether the caller has at least this role. A program counts as a manager; its scopes are checked separately."""
        if self.user is not None:
            return self.user.has_role(role)
        return self.is_system or (self.is_program and role != Role.ADMIN)

    def has_scope(self, scope: Scope) -> bool:
        """Whether the caller may make calls of this scope. People need no scopes."""
        return not self.is_program or (self.token is not None and scope in self.token.scopes)

    @property
    def own_store(self) -> Store | None:
        """The store that a request means if it names none: the token's store, else the person's.

        It is None if the person no longer works in the token's store.
        """
        if self.token is not None and self.token.store is not None:
            bound = self.token.store
            return bound if self.user is None or works_in(self.user, bound) else None
        return self.user.store if self.user is not None else None

    def stores(self) -> "QuerySet[Store]":
        """Returns the stores that the caller may see. All others are answered as if they did not exist.

        Includes inactive stores, so that their books can be read and their open drawers counted. Opening and trading
        there are refused elsewhere (domain/store/may_trade.py).
        """
        stores = Store.objects.all()
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
        """Returns the people that the caller may see: active ones unless `with_inactive`. A cashier sees only themselves."""
        people = User.objects.all() if with_inactive else User.objects.filter(is_active=True)
        if self.is_system or (self.user is not None and self.user.is_superuser):
            return people
        if self.user is not None and not self.has_role(Role.MANAGER):
            return people.filter(pk=self.user.pk)
        seen = Q(store__in=self.stores())
        if self.user is not None:
            seen |= Q(pk=self.user.pk)
            if self.has_role(Role.ADMIN) and (self.token is None or self.token.store_id is None):
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
    """Whether a person works in a store: it is their store, or they are an admin of its account."""
    if user.is_superuser or user.store_id == store.pk:
        return True
    return user.role == Role.ADMIN and user.account_id == store.account_id


def find_person(*, user_id: int | None, by: Principal) -> User:
    """Returns the person whose drawer is meant: the one named, else the caller. Raises Forbidden.

    A cashier may name only themselves, a manager the people of their store, a program those of its stores
    (docs/contracts.md, section 1). The refusal is the same for an unknown id, so it does not reveal which ids exist.
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
    """Returns the person with this operator uid in the store's account, also an inactive one. None if `by` may not see
    them.
    """
    people = by.people(with_inactive=True).filter(has_operator_uid([uid]), account_id=store.account_id)
    # Old data may have a code equal to another person's id. The code wins.
    return people.order_by("-operator_code").first()


def has_operator_uid(uids: Collection[str]) -> Q:
    """Returns the condition that a person has one of these operator uids: their code, or their id if they have no code.

    A uid is compared as text: `0218` is not the id 218, and other digits than ASCII never match.
    """
    ids = [int(uid) for uid in uids if uid.isascii() and uid.isdecimal() and len(uid) < 19 and uid == str(int(uid))]
    return Q(operator_code__in=[uid for uid in uids if uid]) | Q(operator_code="", pk__in=ids)


def _fits(identifier: int) -> bool:
    return 0 < identifier < 2**63
