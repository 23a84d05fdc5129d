"""Several connections use one link, or replace it, at the same moment."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people.invitation import invite_person, renew_invitation, withdraw_invitation
from cashdesk.domain.people.one_time_link import HANDED_OVER, IssuedLink, issue_link, use_link
from cashdesk.domain.people.person import change_person, set_password
from cashdesk.enums import LinkPurpose, Role
from cashdesk.models import AuditEntry, OneTimeLink, User
from tests.factories import UserFactory
from tests.stories import Cast, make_cast
from tests.web.side_by_side import at_once, begun, database_for_threads, outcome_of, waits_for_a_lock

ROUNDS = 4


@pytest.fixture
def cast(transactional_db: None, tmp_path: Path) -> Iterator[Cast]:
    """A shop in a database that threads can share."""
    with database_for_threads(tmp_path):
        yield make_cast()


def made(cast: Cast) -> IssuedLink:
    return issue_link(
        person=cast.carla, purpose=LinkPurpose.PASSWORD, by=SYSTEM, at=timezone.now(), lifetime=HANDED_OVER
    )


def test_of_two_who_use_a_link_at_once_one_succeeds(cast: Cast) -> None:
    for round_ in range(ROUNDS):
        link = made(cast).link
        words = [f"first-of-round-{round_}", f"second-of-round-{round_}"]
        found = at_once(
            [
                partial(outcome_of, partial(use_link, link=link, password=password, at=timezone.now()))
                for password in words
            ]
        )
        assert sorted(found) == ["NotFound", "done"]
        cast.carla.refresh_from_db()
        assert cast.carla.check_password(words[found.index("done")])
    assert AuditEntry.objects.filter(action="person.link_used").count() == ROUNDS


def test_of_two_links_that_are_made_at_once_one_is_left(cast: Cast) -> None:
    for _round in range(ROUNDS):
        at_once([partial(made, cast)] * 3)
        assert OneTimeLink.objects.filter(used_at__isnull=True, revoked_at__isnull=True).count() == 1


def test_a_password_that_is_set_at_once_ends_the_link_or_is_replaced_by_it(cast: Cast) -> None:
    for round_ in range(ROUNDS):
        link = made(cast).link
        by_link, by_admin = f"by-the-link-{round_}", f"by-the-admin-{round_}"
        person = User.objects.get(pk=cast.carla.pk)
        used, _set = at_once(
            [
                partial(outcome_of, partial(use_link, link=link, password=by_link, at=timezone.now())),
                partial(
                    outcome_of, partial(set_password, user=person, password=by_admin, by=SYSTEM, at=timezone.now())
                ),
            ]
        )
        cast.carla.refresh_from_db()
        # If the link came first, the admin's password replaced its password. If it came second, it did not work.
        assert cast.carla.check_password(by_admin)
        assert used in ("done", "NotFound")
        link.refresh_from_db()
        assert (link.used_at is None) != (link.revoked_at is None)


needs_two_writers = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


def demote(person: User) -> None:
    person.role = Role.CASHIER
    change_person(user=person, fields=["role"], by=SYSTEM, at=timezone.now())


@needs_two_writers
def test_who_loses_the_role_in_the_same_moment_keeps_no_link(cast: Cast) -> None:
    """The request knows the maker as a manager. Their role ends while the request waits for their row."""
    make = partial(
        issue_link,
        person=User.objects.get(pk=cast.carla.pk),
        purpose=LinkPurpose.PASSWORD,
        by=Principal(user=User.objects.get(pk=cast.erika.pk)),
        at=timezone.now(),
        lifetime=HANDED_OVER,
    )
    with transaction.atomic():
        demote(User.objects.get(pk=cast.erika.pk))
        pending = begun(partial(outcome_of, make))
        waits_for_a_lock(pending)
    assert pending.result(30) == "Forbidden"
    assert not OneTimeLink.objects.exists()


@needs_two_writers
def test_who_loses_the_role_in_the_same_moment_neither_renews_nor_withdraws_an_invitation(cast: Cast) -> None:
    invited = invite_person(
        account=cast.store.account,
        role=Role.CASHIER,
        store=cast.store,
        name="Nora New",
        email="",
        by=Principal(user=cast.erika),
        at=timezone.now(),
    )
    erika = Principal(user=User.objects.get(pk=cast.erika.pk))
    acts = [
        partial(act, person=invited.person, by=erika, at=timezone.now())
        for act in (renew_invitation, withdraw_invitation)
    ]
    with transaction.atomic():
        demote(User.objects.get(pk=cast.erika.pk))
        pending = [begun(partial(outcome_of, act)) for act in acts]
        for each in pending:
            waits_for_a_lock(each)
    assert [each.result(30) for each in pending] == ["Forbidden", "Forbidden"]
    assert not OneTimeLink.objects.filter(revoked_at=None).exists()
    assert User.objects.get(pk=invited.person.pk).is_active


def test_two_admins_who_help_each_other_at_once_do_not_wait_for_ever(cast: Cast) -> None:
    other = UserFactory(store=None, account=cast.store.account, username="ada", name="Ada", role=Role.ADMIN)
    pairs = [(cast.anna, other), (other, cast.anna)] * 2
    help_ = [
        partial(
            issue_link,
            person=person,
            purpose=LinkPurpose.PASSWORD,
            by=Principal(user=by),
            at=timezone.now(),
            lifetime=HANDED_OVER,
        )
        for person, by in pairs
    ]
    for _round in range(ROUNDS):
        assert at_once([partial(outcome_of, act) for act in help_]) == ["done"] * len(help_)
