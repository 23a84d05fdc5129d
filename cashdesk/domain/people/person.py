"""Creates people, changes their data and passwords, and unlocks them after too many failed sign-ins."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import count
from typing import Any, Final
from uuid import uuid4

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.edit import changes_between, refuse_stale
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import end_sign_ins, revoke_links, revoke_links_made_by
from cashdesk.domain.people.api_key import keys_issued_by
from cashdesk.domain.people.second_factor import forgive_wrong_codes
from cashdesk.domain.people.sign_in_throttle import recent_tries
from cashdesk.domain.store.changes_while_open import refuse_change_of_person
from cashdesk.enums import Language, Role
from cashdesk.errors import Forbidden
from cashdesk.models import Account, Draft, Place, Store, User

SIGNING_OUT: Final = frozenset({"deactivated", "moved", "role_changed"})
"""The audit actions of changes that sign the person out everywhere."""

OWN_DATA: Final = frozenset({"name", "username", "email", "rut"})
"""Fields whose values belong to the person. The audit trail tells that they changed, and not the values."""


def create_person(
    *,
    account: Account,
    username: str,
    name: str,
    role: Role,
    email: str = "",
    store: Store | None = None,
    password: str | None = None,
    rut: str = "",
    register: Place | None = None,
    is_owner: bool = False,
    operator_code: str = "",
) -> User:
    """Creates a person. Without a password the person cannot sign in until somebody sets one.

    Without `operator_code` the id of the new person is also their code at tills. If that id is already the code of
    another person, the new person gets a code such as `218-2`. Raises ValidationError for invalid values, and if
    another person has the username, email, tax id or code.
    """
    user = User(
        account=account,
        store=store,
        username=username,
        email=email.lower(),
        name=name,
        role=role,
        rut=rut,
        register=register,
        is_owner=is_owner,
        operator_code=operator_code,
        password=make_password(password),
    )
    user.full_clean()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        user.full_clean()  # raises with the name of the field if a concurrent request has saved the same value
        if operator_code:
            raise
        user.pk = None
        _save_with_free_code(user)
    return user


@transaction.atomic
def add_person(*, account: Account, role: Role, store: Store | None, by: Principal, at: datetime, **given: Any) -> User:
    """Creates a person as `create_person` does, and notes it in the audit trail.

    An admin may add everybody to their account. A manager may add cashiers to their store, and no managers: a manager
    decides about the differences of others, so nobody adds a colleague who may decide about their own. Raises Forbidden
    for every other caller, and for a role above the caller's own.
    """
    is_admin = by.administers(account.pk) and by.has_role(role)
    if not (is_admin or (role == Role.CASHIER and store is not None and by.manages(store))):
        raise Forbidden(
            _("Managers can add cashiers of their store. Ask an admin to add anybody else."),
            errors={"role": _("Managers can add cashiers of their store. Ask an admin to add anybody else.")},
        )
    user = create_person(account=account, role=role, store=store, **given)
    audit.note(
        action="person.created",
        subject=f"person:{user.pk}",
        by=by,
        at=at,
        store=store,
        account=account,
        detail={"role": role},
    )
    return user


@transaction.atomic
def _save_with_free_code(user: User) -> None:
    """Saves a new person with an operator code such as `218-2`.

    Used if the new person's id (218) is already the operator code of another person.
    """
    user.operator_code = uuid4().hex  # temporary, because the id is known only after the insert
    user.save(force_insert=True)
    for number in count(2):
        user.operator_code = f"{user.pk}-{number}"
        with suppress(ValidationError):
            user.full_clean()
            break
    user.save(update_fields=["operator_code"])


@transaction.atomic
def set_password(*, user: User, password: str, by: Principal, at: datetime) -> None:
    """Sets a person's password and ends all their tokens and browser sessions.

    If somebody else sets it, the person's PIN is removed too: somebody else may know it.

    Raises Forbidden unless the caller is the person, an admin of their account, a superuser, or the system.
    """
    is_own = by.user is not None and by.user.pk == user.pk
    if not is_own:
        _refuse_others(user, by=by)
    user.password = make_password(password)
    user.pin = user.pin if is_own else ""
    user.save(update_fields=["password", "pin"])
    ended = end_sign_ins(user=user, at=at)
    _note("password_changed" if is_own else "password_set", user, by=by, at=at, detail={"tokens_ended": ended})


@transaction.atomic
def change_person(
    *, user: User, fields: Collection[str], by: Principal, at: datetime, seen: Mapping[str, str] | None = None
) -> bool:
    """Saves the named fields of a person, and returns whether a value changed. `user` has the new values.

    A change of the active flag, the store or the role adds an audit entry. All of these except an activation also sign
    the person out everywhere. A deactivation or a change of the store also deletes the person's drafts, because the
    drafts belong to a drawer that is no longer theirs. These two and a lower role revoke the one-time links that the person
    made for others. A new e-mail address revokes the links that went to the old one.

    Raises ValidationError for invalid values, with the name of the field. Raises Conflict if the change does not fit an
    open drawer (`changes_while_open`). Raises Forbidden unless the caller is an admin of the account. Also raises
    Forbidden for a role above the caller's own, and for a change of the caller's own role or active flag. Raises
    ChangedMeanwhile if the person does not have the values in `seen` any more.
    """
    before = User.objects.select_for_update(no_key=True, of=("self",)).select_related("store").get(pk=user.pk)
    _refuse_others(before, by=by)
    refuse_stale(before, seen)
    changes = changes_between(before, user, fields)
    if not changes:
        return False
    acts = _acts(before, user)
    _refuse_acts(acts, user, by=by)
    refuse_change_of_person(user)
    user.full_clean(exclude=["password"])
    if acts.keys() & SIGNING_OUT:
        # A PIN is for the desk of one store. After any of these changes the person chooses a new one.
        user.pin, fields = "", {*fields, "pin"}
    _save(user, fields=fields)
    ended = end_sign_ins(user=user, at=at) if acts.keys() & SIGNING_OUT else 0
    if before.email != user.email:
        revoke_links(user=user, at=at)
    is_elsewhere = bool(acts.keys() & {"deactivated", "moved"})
    if is_elsewhere:
        Draft.objects.filter(user=user).delete()
    if is_elsewhere or not user.has_role(Role(before.role)):
        revoke_links_made_by(user, at=at)
    for act, detail in acts.items():
        if act in SIGNING_OUT:
            detail["tokens_ended"] = ended
        if act == "deactivated":
            detail["keys_left"] = [key.pk for key in keys_issued_by(user, at=at)]
        _note(act, user, by=by, at=at, detail=detail)
    audit.note_edit(
        noun="person", row=user, changes=changes, by=by, at=at, store=user.store, account=user.account, untold=OWN_DATA
    )
    return True


@transaction.atomic
def sign_out_person(*, user: User, by: Principal, at: datetime) -> int:
    """Ends all tokens and browser sessions of a person. Returns how many tokens were still valid.

    Raises Forbidden unless the caller may help this person (`may_help`).
    """
    _refuse_help(user, by=by)
    ended = end_sign_ins(user=user, at=at)
    _note("signed_out_everywhere", user, by=by, at=at, detail={"tokens_ended": ended})
    return ended


@transaction.atomic
def unlock_person(*, user: User, by: Principal, at: datetime) -> int:
    """Deletes the failed attempts of a person, so that they can sign in at once. Returns the number of wrong passwords.

    Each unlock allows more wrong passwords, so few people may do it. Raises Forbidden unless the
    caller may help this person (`may_help`).
    """
    _refuse_help(user, by=by)
    removed, _by_model = recent_tries(user, at=at).delete()
    forgive_wrong_codes(user)
    _note("unlocked", user, by=by, at=at, detail={"tries": removed})
    return removed


def may_help(user: User, *, by: Principal) -> bool:
    """Whether the caller may sign this person out and unlock them.

    They may if they are the system, or a manager or above who may see the person, and whose role is not lower. Nobody may
    do it for themselves, and no program may.
    """
    if by.user is None:
        return by.is_system
    is_theirs = user.pk != by.user.pk and by.people(with_inactive=True).filter(pk=user.pk).exists()
    is_below = by.has_role(Role(user.role)) and (by.user.is_superuser or not user.is_superuser)
    return by.has_role(Role.MANAGER) and is_theirs and is_below


def _refuse_help(user: User, *, by: Principal) -> None:
    if not may_help(user, by=by):
        raise Forbidden(_("Only a manager of the store, or somebody above this person, can do this."))


def _acts(before: User, after: User) -> dict[str, dict[str, Any]]:
    """Returns the audit actions of a change of a person, with the detail of each action."""
    acts: dict[str, dict[str, Any]] = {}
    if before.is_active != after.is_active:
        acts["activated" if after.is_active else "deactivated"] = {}
    if before.store_id != after.store_id:
        acts["moved"] = {"from": before.store_id, "to": after.store_id}
    if before.role != after.role:
        acts["role_changed"] = {"from": before.role, "to": after.role}
    return acts


def _refuse_acts(acts: Collection[str], user: User, *, by: Principal) -> None:
    own = {"role_changed": "role", "deactivated": "is_active", "activated": "is_active"}
    for act in acts:
        if by.user is not None and by.user.pk == user.pk and act in own:
            told = _("You cannot change this for yourself. Ask somebody else.")
            raise Forbidden(told, errors={own[act]: told})
    if "role_changed" in acts and not by.has_role(Role(user.role)):
        told = _("You cannot give a role above your own.")
        raise Forbidden(told, errors={"role": told})


def _refuse_others(user: User, *, by: Principal) -> None:
    """Raises Forbidden unless the caller is an admin of the person's account, a superuser, or the system."""
    is_of_all = by.is_system or (by.user is not None and by.user.is_superuser)
    if not (is_of_all or (by.administers(user.account_id) and not user.is_superuser)):
        raise Forbidden(_("Only an admin of the account can change its people."))


def _save(user: User, *, fields: Collection[str] | None = None) -> None:
    """Saves a validated person. Raises ValidationError if a concurrent request has saved the same sign-in name."""
    try:
        with transaction.atomic():
            user.save(update_fields=fields)
    except IntegrityError:
        user.full_clean(exclude=["password"])
        raise


def _note(act: str, user: User, *, by: Principal, at: datetime, detail: Mapping[str, Any] | None = None) -> None:
    audit.note(
        action=f"person.{act}",
        subject=f"user:{user.pk}",
        by=by,
        at=at,
        store=user.store,
        account=user.account,
        detail=detail,
    )


@transaction.atomic
def choose_language(*, user: User, language: Language, by: Principal, at: datetime) -> None:
    """Sets the language of a person's pages. It takes precedence over the language of their store."""
    user.language = language
    user.save(update_fields=["language"])
    _note("language_chosen", user, by=by, at=at, detail={"language": language})
