"""Invitations: who may invite whom, and that a link is used once, renewed and withdrawn."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.people.invitation import (
    Invited,
    free_username,
    invite_person,
    is_invited,
    open_invitations,
    renew_invitation,
    withdraw_invitation,
)
from cashdesk.domain.people.one_time_link import INVITED, find_link, use_link
from cashdesk.domain.people.person import sign_out_person
from cashdesk.enums import Role
from cashdesk.errors import Conflict, Forbidden, NotFound
from cashdesk.models import AccessToken, AuditEntry, User
from tests.factories import StoreFactory, UserFactory
from tests.stories import Cast

GOOD = "nine-lives-of-a-cat"


def invited(cast: Cast, *, user: User, **given: Any) -> Invited:
    """Lets somebody invite Dora, as a cashier of the shop unless `given` says otherwise."""
    usual: dict[str, Any] = {
        "account": cast.store.account,
        "store": cast.store,
        "role": Role.CASHIER,
        "name": "Dora Düse",
    }
    return invite_person(**{**usual, **given}, by=Principal(user=user), at=timezone.now())


def works(made: Invited, *, after: timedelta = timedelta()) -> bool:
    """Whether the link of an invitation works some time later."""
    try:
        find_link(secret=made.issued.secret, at=timezone.now() + after)
    except NotFound:
        return False
    return True


def test_an_invited_person_chooses_a_password_and_works_in_the_store(cast: Cast) -> None:
    made = invited(cast, user=cast.erika, email="Dora@example.com")
    dora = made.person
    assert (dora.username, dora.email, dora.store, dora.role) == (
        "dora.duse",
        "dora@example.com",
        cast.store,
        "cashier",
    )
    assert is_invited(dora)
    assert open_invitations([dora, cast.carla], at=timezone.now()) == {dora.pk: made.issued.link}
    use_link(link=find_link(secret=made.issued.secret, at=timezone.now()), password=GOOD, at=timezone.now())
    dora.refresh_from_db()
    assert dora.check_password(GOOD)
    assert not is_invited(dora)
    assert not works(made)
    assert open_invitations([dora], at=timezone.now()) == {}
    created = AuditEntry.objects.get(action="person.created")
    assert (created.user, created.store, created.detail) == (cast.erika, cast.store, {"role": "cashier"})
    assert made.issued.secret not in str(list(AuditEntry.objects.values_list("detail", flat=True)))


def test_a_link_works_for_a_week(cast: Cast) -> None:
    made = invited(cast, user=cast.erika)
    assert works(made, after=INVITED - timedelta(minutes=1))
    assert not works(made, after=INVITED)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("inviter", ["carla", "erika", "anna", "otto"])
def test_who_may_invite_whom(cast: Cast, inviter: str, role: Role) -> None:
    may = {"carla": set(), "otto": set(), "erika": {Role.CASHIER}, "anna": set(Role)}[inviter]
    if role in may:
        assert invited(cast, user=getattr(cast, inviter), role=role).person.role == role
        return
    with pytest.raises(Forbidden):
        invited(cast, user=getattr(cast, inviter), role=role)
    assert not User.objects.filter(name="Dora Düse").exists()


def test_a_manager_invites_only_into_their_own_store(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account)
    with pytest.raises(Forbidden):
        invited(cast, user=cast.erika, store=sister)
    assert invited(cast, user=cast.anna, store=sister).person.store == sister


def test_an_admin_invites_only_into_their_own_account(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        invited(cast, user=cast.anna, account=cast.otto.account, store=cast.otto.store)
    with pytest.raises(ValidationError):
        invited(cast, user=cast.anna, store=cast.otto.store)


def test_a_new_link_ends_the_older_one(cast: Cast) -> None:
    first = invited(cast, user=cast.erika)
    second = renew_invitation(person=first.person, by=Principal(user=cast.anna), at=timezone.now())
    assert not works(first)
    assert works(second)
    for user in (cast.carla, cast.otto):
        with pytest.raises(Forbidden):
            renew_invitation(person=first.person, by=Principal(user=user), at=timezone.now())
    assert works(second)


def test_a_withdrawn_invitation_ends_and_frees_the_address(cast: Cast) -> None:
    made = invited(cast, user=cast.erika, email="dora@example.com")
    for user in (cast.carla, cast.otto):
        with pytest.raises(Forbidden):
            withdraw_invitation(person=made.person, by=Principal(user=user), at=timezone.now())
    assert works(made)
    withdraw_invitation(person=made.person, by=Principal(user=cast.erika), at=timezone.now())
    assert not works(made)
    assert not User.objects.get(pk=made.person.pk).is_active
    entry = AuditEntry.objects.get(action="person.invitation_withdrawn")
    assert (entry.user, entry.store) == (cast.erika, cast.store)
    again = invited(cast, user=cast.erika, email="dora@example.com")
    assert (again.person.username, again.person.email) == ("dora.duse2", "dora@example.com")


def test_nobody_is_invited_again_who_has_a_password(cast: Cast) -> None:
    by = Principal(user=cast.erika)
    for act in (renew_invitation, withdraw_invitation):
        with pytest.raises(Conflict, match="not invited any more"):
            act(person=cast.carla, by=by, at=timezone.now())
    assert User.objects.get(pk=cast.carla.pk).is_active


@pytest.mark.parametrize(("name", "username"), [
    ("Bruno Keller", "bruno.keller"), ("O'Neil, Pat", "oneil.pat"), ("Ольга", "person"), ("Carla", "carla2"),
    ("A very long name of somebody who has many names", "a.very.long.name.of.somebody.w"),
])  # fmt: skip
def test_a_name_makes_a_username_that_is_free(cast: Cast, name: str, username: str) -> None:
    assert free_username(name) == username


def test_a_manager_signs_a_cashier_out_and_nobody_signs_out_those_above(cast: Cast) -> None:
    token, _secret = issue_token(user=cast.carla, at=timezone.now(), lifetime=timedelta(hours=1))
    assert sign_out_person(user=cast.carla, by=Principal(user=cast.erika), at=timezone.now()) == 1
    assert AccessToken.objects.get(pk=token.pk).revoked_at is not None
    other = UserFactory(store=StoreFactory(account=cast.store.account))
    for user, by in ((cast.anna, cast.erika), (cast.carla, cast.bruno), (cast.carla, cast.otto), (other, cast.erika)):
        with pytest.raises(Forbidden):
            sign_out_person(user=user, by=Principal(user=by), at=timezone.now())
