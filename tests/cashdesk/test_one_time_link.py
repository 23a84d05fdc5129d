"""One-time links: the people who may make one, the events that end it, and that it works once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people.access_token import authenticate, digest_of, issue_token
from cashdesk.domain.people.invitation import open_invitations
from cashdesk.domain.people.one_time_link import (
    CODE_SIGNS,
    HANDED_OVER,
    KEPT_FOR,
    IssuedLink,
    delete_old_links,
    find_link,
    find_link_by_code,
    issue_link,
    may_let_in,
    shown_code,
    use_link,
)
from cashdesk.domain.people.person import change_person, set_password
from cashdesk.domain.people.sign_in_throttle import PER_SOURCE, Source
from cashdesk.enums import LinkPurpose, Role, TryBy
from cashdesk.errors import Conflict, Forbidden, NotFound, TooManyAttempts
from cashdesk.models import AuditEntry, OneTimeLink, User
from tests.factories import PASSWORD, StoreFactory, UserFactory
from tests.stories import Cast

GOOD = "nine-lives-of-a-cat"
HERE = Source(address="10.0.0.1")


def issued(
    person: User, *, by: Principal = SYSTEM, purpose: LinkPurpose = LinkPurpose.PASSWORD, at: datetime | None = None
) -> IssuedLink:
    return issue_link(
        person=person, purpose=purpose, by=by, at=at or timezone.now(), lifetime=HANDED_OVER, with_code=True
    )


def works(made: IssuedLink, *, at: datetime | None = None) -> bool:
    try:
        find_link(secret=made.secret, at=at or timezone.now())
    except NotFound:
        return False
    return True


def test_a_link_sets_a_password_once_and_ends_every_sign_in(cast: Cast) -> None:
    now = timezone.now()
    _token, secret = issue_token(user=cast.carla, at=now, lifetime=timedelta(hours=1))
    made = issued(cast.carla, by=Principal(user=cast.erika))
    link = find_link(secret=made.secret, at=now)
    assert link.person == cast.carla
    before = cast.carla.access_version
    assert use_link(link=link, password=GOOD, at=now) == cast.carla
    cast.carla.refresh_from_db()
    assert cast.carla.check_password(GOOD)
    assert cast.carla.access_version == before + 1
    assert authenticate(secret=secret, at=now) is None
    assert not works(made)
    with pytest.raises(NotFound, match="used already"):
        use_link(link=link, password="another-good-one", at=now)
    cast.carla.refresh_from_db()
    assert cast.carla.check_password(GOOD)


def test_the_audit_trail_tells_who_made_and_who_used_a_link_without_its_secret(cast: Cast) -> None:
    made = issued(cast.carla, by=Principal(user=cast.erika))
    use_link(link=made.link, password=GOOD, at=timezone.now())
    entries = AuditEntry.objects.filter(subject=f"user:{cast.carla.pk}").order_by("pk")
    assert [(entry.action, entry.user) for entry in entries] == [
        ("person.link_made", cast.erika),
        ("person.password_changed", cast.carla),
        ("person.link_used", cast.carla),
    ]
    assert {entry.store for entry in entries} == {cast.store}
    told = "".join(str(entry.detail) for entry in entries)
    assert made.secret not in told
    assert made.code not in told


def test_neither_the_secret_nor_the_code_is_stored(cast: Cast) -> None:
    made = issued(cast.carla)
    row = OneTimeLink.objects.values().get()
    assert row["digest"] == digest_of(made.secret)
    assert made.secret not in str(row)
    assert made.code not in str(row)
    assert len(made.code) == 8
    assert set(made.code) <= set(CODE_SIGNS)
    assert shown_code("ABCD2345") == "ABCD-2345"


def test_a_link_ends_with_its_time(cast: Cast) -> None:
    now = timezone.now()
    made = issued(cast.carla, at=now)
    assert works(made, at=now + HANDED_OVER - timedelta(seconds=1))
    assert not works(made, at=now + HANDED_OVER)
    with pytest.raises(NotFound, match="time is over"):
        use_link(link=made.link, password=GOOD, at=now + HANDED_OVER)
    assert not works(IssuedLink(link=made.link, secret="cl_nobody-has-this"))


def test_a_new_link_revokes_the_older_one_of_its_purpose_only(cast: Cast) -> None:
    first, invitation = issued(cast.carla), issued(cast.carla, purpose=LinkPurpose.INVITATION)
    second, of_bruno = issued(cast.carla), issued(cast.bruno)
    assert [works(made) for made in (first, invitation, second, of_bruno)] == [False, True, True, True]
    with pytest.raises(NotFound):
        use_link(link=first.link, password=GOOD, at=timezone.now())


def _new_password(cast: Cast) -> None:
    set_password(user=cast.carla, password=GOOD, by=Principal(user=cast.carla), at=timezone.now())


def _changed(**values: object) -> Callable[[Cast], None]:
    def change(cast: Cast) -> None:
        for name, value in values.items():
            setattr(cast.carla, name, value)
        change_person(user=cast.carla, fields=values, by=Principal(user=cast.anna), at=timezone.now())

    return change


@pytest.mark.parametrize(
    ("change", "ends"),
    [
        (_new_password, True),
        (_changed(is_active=False), True),
        (_changed(role=Role.MANAGER), True),
        (_changed(email="carla@elsewhere.example"), True),
        (_changed(name="Carla B."), False),
    ],
    ids=["password", "deactivated", "role", "email", "name"],
)
def test_what_ends_the_links_of_a_person(cast: Cast, change: Callable[[Cast], None], ends: bool) -> None:
    links = [issued(cast.carla), issued(cast.carla, purpose=LinkPurpose.INVITATION)]
    change(cast)
    assert [works(made) for made in links] == [not ends] * 2


@pytest.mark.parametrize("change", ["switched off", "lowered", "moved", "raised"])
def test_a_link_ends_with_the_right_of_the_person_who_made_it(cast: Cast, change: str) -> None:
    now, admin = timezone.now(), Principal(user=cast.anna)
    invitation = issued(cast.carla, by=Principal(user=cast.erika), purpose=LinkPurpose.INVITATION)
    made = issued(cast.carla, by=Principal(user=cast.erika))
    of_bruno = issued(cast.bruno, by=admin)
    assert [works(one) for one in (invitation, made, of_bruno)] == [True, True, True]
    values = {
        "switched off": {"is_active": False},
        "lowered": {"role": Role.CASHIER},
        "raised": {"role": Role.ADMIN},
        "moved": {"store": StoreFactory(account=cast.store.account)},
    }[change]
    for name, value in values.items():
        setattr(cast.erika, name, value)
    change_person(user=cast.erika, fields=values, by=admin, at=now)
    keeps = change == "raised"
    assert [works(one) for one in (invitation, made, of_bruno)] == [keeps, keeps, True]
    assert bool(open_invitations([cast.carla], at=now)) is keeps
    if not keeps:
        with pytest.raises(NotFound):
            find_link_by_code(name="carla", code=made.code, source=HERE, at=now)
        with pytest.raises(NotFound):
            use_link(link=made.link, password=GOOD, at=now)


def test_a_link_of_an_account_that_ended_does_not_work(cast: Cast) -> None:
    made = issued(cast.carla)
    cast.store.account.is_active = False
    cast.store.account.save()
    assert not works(made)
    with pytest.raises(NotFound):
        use_link(link=made.link, password=GOOD, at=timezone.now())
    with pytest.raises(Conflict, match="may not sign in"):
        issued(cast.bruno)


def test_nobody_who_was_deactivated_gets_a_link(cast: Cast) -> None:
    User.objects.filter(pk=cast.carla.pk).update(is_active=False)
    with pytest.raises(Conflict, match="Activate the person first"):
        issued(cast.carla, by=Principal(user=cast.erika))


def test_who_may_let_in_whom(cast: Cast) -> None:
    berta = UserFactory(store=None, account=cast.store.account, username="berta", role=Role.ADMIN)
    other = StoreFactory(account=cast.store.account)
    dora = UserFactory(store=other, account=other.account, username="dora")
    root = UserFactory(store=None, account=cast.store.account, username="root", role=Role.ADMIN)
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    root.refresh_from_db()
    people = {"carla": cast.carla, "erika": cast.erika, "anna": cast.anna, "berta": berta, "dora": dora, "root": root}
    people["otto"] = cast.otto
    allowed = {
        by: {name for name, person in people.items() if may_let_in(person, by=Principal(user=people[by]))}
        for by in people
    }
    assert allowed == {
        "carla": set(),
        "erika": {"carla"},
        "anna": {"carla", "erika", "berta", "dora"},
        "berta": {"carla", "erika", "anna", "dora"},
        "dora": set(),
        "otto": set(),
        "root": {"carla", "erika", "anna", "berta", "dora", "otto"},
    }
    with pytest.raises(Forbidden):
        issued(cast.erika, by=Principal(user=cast.carla))
    assert not OneTimeLink.objects.exists()


@pytest.mark.parametrize("typed", ["{}", " {} ", "lower", "grouped"])
def test_a_code_is_found_with_the_name_of_its_person(cast: Cast, typed: str) -> None:
    made = issued(cast.carla)
    code = {"lower": made.code.lower(), "grouped": shown_code(made.code)}.get(typed, typed.format(made.code))
    found = find_link_by_code(name="CARLA", code=code, source=HERE, at=timezone.now())
    assert found == made.link
    use_link(link=found, password=GOOD, at=timezone.now())
    with pytest.raises(NotFound, match="The name or the code is wrong"):
        find_link_by_code(name="carla", code=made.code, source=HERE, at=timezone.now())


def test_a_code_of_somebody_else_and_an_unknown_name_get_the_same_text(cast: Cast) -> None:
    made, now = issued(cast.carla), timezone.now()
    texts = set()
    for name, code in (("bruno", made.code), ("nobody", made.code), ("carla", "ABCDEFGH"), ("carla", ""), ("", "x")):
        with pytest.raises(NotFound) as refused:
            find_link_by_code(name=name, code=code, source=HERE, at=now)
        texts.add(refused.value.message)
    assert len(texts) == 1


def test_wrong_codes_are_limited_like_wrong_passwords(cast: Cast) -> None:
    made, now = issued(cast.carla), timezone.now()
    for _try in range(PER_SOURCE[TryBy.STRANGER]):
        now += timedelta(minutes=5, seconds=21)
        with pytest.raises(NotFound):
            find_link_by_code(name="carla", code="ABCDEFGH", source=HERE, at=now)
    with pytest.raises(TooManyAttempts):
        find_link_by_code(name="carla", code=made.code, source=HERE, at=now)


def test_old_links_are_deleted_after_a_month(cast: Cast) -> None:
    now = timezone.now()
    made = issued(cast.carla, at=now)
    assert delete_old_links(at=now + HANDED_OVER + KEPT_FOR - timedelta(seconds=1)) == 0
    assert delete_old_links(at=made.link.expires_at + KEPT_FOR) == 1


def test_a_link_works_for_a_person_without_a_password(cast: Cast) -> None:
    dora = UserFactory(store=cast.store, account=cast.store.account, username="dora", password=None)
    made = issued(dora, purpose=LinkPurpose.INVITATION, by=Principal(user=cast.anna))
    assert not dora.has_usable_password()
    use_link(link=made.link, password=PASSWORD, at=timezone.now())
    dora.refresh_from_db()
    assert dora.check_password(PASSWORD)
