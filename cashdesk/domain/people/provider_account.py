"""Finds or creates the person of an account at an OpenID Connect provider, and gives them the role of their groups.

An account is known by issuer and subject, which never change (docs/decisions/0041-openid-connect.md).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people.access_token import end_sign_ins
from cashdesk.domain.people.person import change_person, create_person
from cashdesk.domain.store.store_reference import store_reference
from cashdesk.enums import ROLE_RANK, Role
from cashdesk.errors import Conflict
from cashdesk.models import Account, Identity, Store, User
from cashdesk.models.person import is_called

USERNAME_LENGTH_MAX: Final = 150
NAME_LENGTH_MAX: Final = 200
STORE: Final = "{store}"
"""Stands for the number of a store in the pattern of the stores' groups."""


class ProviderRefusal(Exception):
    """The account is genuine, but it may not sign in. `reason` chooses the words on the page; the text is for the log."""

    def __init__(self, text: str, *, reason: str = "unknown_person") -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The settings of the operator for accounts of the provider.

    `role_groups` maps groups to roles. If it is empty, admins give the roles in Cashdesk. `store_groups` maps groups to
    numbers of stores. `store_pattern` is the pattern of group names in which STORE is such a number. Without both,
    admins give the stores in Cashdesk. `account` is the account of new people, by name or UUID.
    """

    role_groups: Mapping[str, Role] = field(default_factory=dict)
    store_groups: Mapping[str, str] = field(default_factory=dict)
    store_pattern: str = ""
    creates_people: bool = False
    account: str = ""
    links_by_email: bool = False

    @property
    def gives_stores(self) -> bool:
        """Whether groups decide where people work."""
        return bool(self.store_groups or self.store_pattern)


@dataclass(frozen=True, kw_only=True)
class Presented:
    """The data of an account, as the provider reports it. `email` is "" unless the provider verified it."""

    issuer: str
    subject: str
    groups: Collection[str] = ()
    email: str = ""
    username: str = ""
    name: str = ""


def person_of_account(presented: Presented, *, policy: Policy, at: datetime) -> User:
    """Returns the person of a provider's account, and updates their role and store from its groups.

    Creates the person if nobody has the account and the policy allows it.

    Raises ProviderRefusal: `unknown_person`, `inactive`, `unknown_group`, `no_store`, `no_account`, `drawer_open`,
    `again`. A known person whose groups no longer give a role or store is also signed out everywhere.
    """
    identity = _identity_of(presented, policy=policy, at=at)
    if identity is None:
        if not policy.creates_people:
            raise ProviderRefusal("Nobody here has this account.")
        return _new_person(presented, policy=policy, at=at)
    user = identity.user
    if not user.may_sign_in:
        raise ProviderRefusal("This person is not active.", reason="inactive")
    if not user.is_superuser:
        _follow_groups(user, presented, policy=policy, at=at)
    Identity.objects.filter(pk=identity.pk).update(last_used_at=at)
    return User.objects.select_related("store", "register", "account").get(pk=user.pk)


def _identity_of(presented: Presented, *, policy: Policy, at: datetime) -> Identity | None:
    """Returns the known identity of an account. Links a person by a verified e-mail address, if the policy says so."""
    known = Identity.objects.select_related("user__account", "user__store").filter(
        issuer=presented.issuer, subject=presented.subject
    )
    if (found := known.first()) is not None or not (policy.links_by_email and presented.email):
        return found
    people = User.objects.filter(is_called(presented.email, by=("email",)), is_superuser=False)
    free = people.exclude(identities__issuer=presented.issuer)
    with transaction.atomic():
        user = free.select_for_update(no_key=True, of=("self",)).first()
        if user is None:
            return None
        link(user, presented, at=at, how="email")
    return known.first()


def _new_person(presented: Presented, *, policy: Policy, at: datetime) -> User:
    account = _account_of(policy)
    role = _role_of(presented, policy)
    store = _store_of(presented, policy, account=account, role=role, current=None)
    email = "" if User.objects.filter(is_called(presented.email)).exists() else presented.email
    with transaction.atomic():
        user = create_person(
            account=account,
            store=store,
            role=role,
            username=_free_username(presented),
            name=(presented.name or presented.username or presented.subject)[:NAME_LENGTH_MAX],
            email=email,
        )
        link(user, presented, at=at, how="created")
    return User.objects.select_related("store", "register", "account").get(pk=user.pk)


def _follow_groups(user: User, presented: Presented, *, policy: Policy, at: datetime) -> None:
    """Gives the person the role and the store of their groups. Raises ProviderRefusal."""
    assert user.account is not None  # noqa: S101 (only superusers have none)
    try:
        role = _role_of(presented, policy, current=Role(user.role))
        store = _store_of(presented, policy, account=user.account, role=role, current=user.store)
    except ProviderRefusal as refusal:
        _end(user, refusal, at=at)
        raise
    moves = store is not None and store.pk != user.store_id
    changed = {"role"} if role != user.role else set()
    user.role, before = role, user.store
    if moves:
        user.store, user.register = store, None
        changed |= {"store", "register"}
    if not changed:
        return
    try:
        change_person(user=user, fields=changed, by=SYSTEM, at=at)
    except Conflict as error:
        if not moves:
            raise ProviderRefusal(error.message, reason="drawer_open") from None
        # Only this person can count the drawer that they have open in the old store. They move at a later sign-in.
        user.refresh_from_db()
        user.role, user.store = role, before
        _lower_only(user, at=at)
    except ValidationError as error:
        raise ProviderRefusal(" ".join(error.messages), reason="no_store") from None


def _lower_only(user: User, *, at: datetime) -> None:
    if User.objects.filter(pk=user.pk, role=user.role).exists():
        return
    try:
        change_person(user=user, fields={"role"}, by=SYSTEM, at=at)
    except Conflict as error:
        raise ProviderRefusal(error.message, reason="drawer_open") from None


def _end(user: User, refusal: ProviderRefusal, *, at: datetime) -> None:
    """Signs the person out everywhere, because the provider no longer lets them in."""
    with transaction.atomic():
        ended = end_sign_ins(user=user, at=at)
        _note("refused_by_provider", user, at=at, reason=refusal.reason, tokens_ended=ended)


def _role_of(presented: Presented, policy: Policy, *, current: Role | None = None) -> Role:
    """Returns the highest role of the groups, or the person's own if groups give no roles."""
    if not policy.role_groups and current is not None:
        return current
    roles = [role for group, role in policy.role_groups.items() if group in presented.groups]
    if not roles:
        raise ProviderRefusal("No group of this account gives a role.", reason="unknown_group")
    return max(roles, key=lambda role: ROLE_RANK[role])


def _store_of(
    presented: Presented, policy: Policy, *, account: Account, role: Role, current: Store | None
) -> Store | None:
    """Returns the store in which the person works: the current one if a group names it, else the first by number."""
    if not policy.gives_stores or role == Role.ADMIN:
        if current is None and role != Role.ADMIN:
            raise ProviderRefusal("Nobody has named the store of this person.", reason="no_store")
        return current
    numbers = {number for group in presented.groups if (number := _number_of(group, policy))}
    stores = [store for number in numbers for store in Store.objects.filter(store_reference(number), account=account)]
    if current is not None and current in stores:
        return current
    if not stores:
        raise ProviderRefusal("No group of this account names a store.", reason="no_store")
    return min(stores, key=lambda store: (len(store.number), store.number))


def _number_of(group: str, policy: Policy) -> str:
    """Returns the number of the store that a group names, or ""."""
    if group in policy.store_groups:
        return policy.store_groups[group]
    before, _store, after = policy.store_pattern.partition(STORE)
    is_named = policy.store_pattern and group.startswith(before) and group.endswith(after)
    return group[len(before) : len(group) - len(after)] if is_named else ""


def _account_of(policy: Policy) -> Account:
    accounts = Account.objects.filter(is_active=True)
    if policy.account:
        named = [one for one in accounts if policy.account in (one.name, str(one.uuid))]
    else:
        named = list(accounts[:2])
    if len(named) != 1:
        raise ProviderRefusal("The account of new people is not clear. Set OIDC_ACCOUNT.", reason="no_account")
    return named[0]


def _free_username(presented: Presented) -> str:
    """Returns the name at the provider, with a number behind it if somebody here has that name."""
    wanted = (presented.username or presented.email or presented.subject).replace("\0", "").strip()
    wanted = wanted[: USERNAME_LENGTH_MAX - 6] or "person"
    names = (wanted if number == 1 else f"{wanted}-{number}" for number in count(1))
    return next(name for name in names if not User.objects.filter(is_called(name)).exists())


def link(user: User, presented: Presented, *, at: datetime, how: str, by: Principal = SYSTEM) -> None:
    """Makes the account that of the person. `how` is for the audit trail. Raises ProviderRefusal: `again`."""
    try:
        with transaction.atomic():
            Identity.objects.create(
                user=user, issuer=presented.issuer, subject=presented.subject, created_at=at, last_used_at=at
            )
    except IntegrityError:
        # Two sign-ins of one new account at the same moment.
        raise ProviderRefusal("This account was linked a moment ago.", reason="again") from None
    _note("identity_linked", user, at=at, by=by, issuer=presented.issuer, how=how)


def _note(act: str, user: User, *, at: datetime, by: Principal = SYSTEM, **detail: object) -> None:
    audit.note(
        action=f"person.{act}",
        subject=f"user:{user.pk}",
        by=by,
        at=at,
        store=user.store,
        account=user.account,
        detail=detail,
    )
