"""Drafts: stored exactly as typed, for one person. Two devices notice each other."""

from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting import draft as drafts
from cashdesk.domain.counting.draft import (
    DRAFTS_MAX,
    EXPIRES_AFTER,
    FIELDS_MAX,
    VALUE_LENGTH_MAX,
    discard_draft,
    draft_of,
    save_draft,
)
from cashdesk.errors import DraftChanged, DraftGone, InvalidInput
from cashdesk.models import Draft, User
from tests.cashdesk.desk import NOON, minutes
from tests.stories import Cast, counted_queries

SUBJECT = "close:3f0c9ad2-6a3e-4a8e-9a3e-0c9ad26a3e4a"


def type_into(user: User, fields: dict[str, str], **changed: Any) -> Draft:
    """Saves input at the till, at noon, from a page that has not seen a draft. The fields change that."""
    usual = {"subject": SUBJECT, "seen_version": 0, "device": "till", "at": NOON}
    return save_draft(by=Principal(user=user), fields=fields, **{**usual, **changed})


def kept(user: User, subject: str = SUBJECT) -> dict[str, str] | None:
    found = draft_of(by=Principal(user=user), subject=subject)
    return found.fields if found else None


def test_what_is_typed_is_kept_digit_by_digit_and_goes_when_it_is_discarded(cast: Cast) -> None:
    assert type_into(cast.carla, {"amount": " 007,5"}).version == 1
    assert type_into(cast.carla, {"amount": "", "pieces-5": "x"}, at=minutes(3)).version == 2
    assert kept(cast.carla) == {"amount": "", "pieces-5": "x"}
    type_into(cast.carla, {"amount": "1"}, subject="pay-in:1")
    discard_draft(by=Principal(user=cast.carla), subject=SUBJECT)
    assert kept(cast.carla) is None
    assert kept(cast.carla, "pay-in:1") == {"amount": "1"}


def test_a_draft_is_nobody_elses(cast: Cast) -> None:
    type_into(cast.carla, {"amount": "1"})
    for other in (cast.bruno, cast.erika, cast.anna, cast.otto):
        assert kept(other) is None
        discard_draft(by=Principal(user=other), subject=SUBJECT)
    type_into(cast.erika, {"amount": "2"})
    assert kept(cast.carla) == {"amount": "1"}
    assert draft_of(by=Principal(), subject=SUBJECT) is None


def test_a_page_that_knows_less_than_another_device_typed_is_told(cast: Cast) -> None:
    type_into(cast.carla, {"amount": "1"})
    type_into(cast.carla, {"amount": "12"}, seen_version=1, at=minutes(3))
    with pytest.raises(DraftChanged, match="2026-03-10T12:03:00Z") as told:
        type_into(cast.carla, {"amount": "9"}, seen_version=1, device="phone", at=minutes(4))
    assert (told.value.version, told.value.changed_at) == (2, minutes(3))
    assert kept(cast.carla) == {"amount": "12"}
    # The same digits are no quarrel, and who has seen the other's may go on.
    assert type_into(cast.carla, {"amount": "12"}, device="phone").version == 3
    assert type_into(cast.carla, {"amount": "9"}, seen_version=3, device="tablet").version == 4
    # The same device goes on though it never heard that its last save arrived; a form that was sent goes before all.
    assert type_into(cast.carla, {"amount": "8"}, seen_version=3, device="tablet").version == 5
    assert type_into(cast.carla, {"amount": "7"}, seen_version=None, device="").version == 6


def test_a_page_that_knows_of_a_draft_that_is_gone_brings_nothing_back(cast: Cast) -> None:
    with pytest.raises(DraftGone):
        type_into(cast.carla, {"amount": "1"}, seen_version=2)
    assert kept(cast.carla) is None
    type_into(cast.carla, {"amount": "1"}, seen_version=None)
    assert kept(cast.carla) == {"amount": "1"}


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": "close"},
        {"subject": "close:" + "x" * 41},
        {"subject": "Close:1\n"},
        {"device": "x" * 33},
        {"device": "a\nb"},
        {"fields": {"": "1"}},
        {"fields": {"1st": "1"}},
        {"fields": {"a b": "1"}},
        {"fields": {"a" * 65: "1"}},
        {"fields": {"note": "n" * (VALUE_LENGTH_MAX + 1)}},
        {"fields": {"note": "a\0"}},
        {"fields": {"note": "\ud800"}},
        {"fields": {f"pieces-{number}": "" for number in range(FIELDS_MAX + 1)}},
        {"fields": {f"note-{number}": "n" * 1_000 for number in range(48)}},
    ],
    ids=str,
)
def test_what_no_form_has_is_refused(cast: Cast, changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        type_into(cast.carla, **{"fields": {"amount": "1"}, **changed})
    assert not Draft.objects.exists()


def test_a_person_has_so_many_and_the_oldest_goes_first(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert DRAFTS_MAX == 40
    monkeypatch.setattr(drafts, "DRAFTS_MAX", 3)
    type_into(cast.bruno, {"amount": "1"})
    for number in range(5):
        type_into(cast.carla, {"amount": "1"}, subject=f"pay-in:{number}", at=minutes(number))
    left = Draft.objects.filter(user=cast.carla).order_by("updated_at").values_list("subject", flat=True)
    assert list(left) == ["pay-in:2", "pay-in:3", "pay-in:4"]
    assert kept(cast.bruno) == {"amount": "1"}


def test_what_a_save_costs(cast: Cast) -> None:
    with counted_queries() as first:
        type_into(cast.carla, {"amount": "1"})
    with counted_queries() as again:
        type_into(cast.carla, {"amount": "12"})
    # Each with its savepoint and the end of it.
    assert (len(first), len(again)) == (6, 5)


def test_tidy_removes_what_nobody_typed_into_for_a_month(cast: Cast) -> None:
    now = timezone.now()
    type_into(cast.carla, {"amount": "1"}, subject="pay-in:old", at=now - EXPIRES_AFTER)
    type_into(cast.carla, {"amount": "1"}, subject="pay-in:young", at=now - EXPIRES_AFTER * 0.99)
    call_command("tidy")
    assert [draft.subject for draft in Draft.objects.all()] == ["pay-in:young"]
