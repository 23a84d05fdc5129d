"""Several connections try PINs at the same moment."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone

from cashdesk.domain.people.access_token import end_sign_ins
from cashdesk.domain.people.pin import PER_DEVICE, set_pin, sign_in_by_pin
from cashdesk.domain.people.trusted_till import note_full_sign_in, trusted_till
from cashdesk.models import TrustedTill, User, WrongPin
from tests.stories import Cast, make_cast
from tests.web.side_by_side import at_once, database_for_threads, outcome_of

PIN, WRONG = "8305", "9174"


@pytest.fixture
def cast(transactional_db: None, tmp_path: Path) -> Iterator[Cast]:
    """A shop that uses PINs, in a database that threads can share."""
    with database_for_threads(tmp_path):
        cast = make_cast()
        cast.store.pin_sign_in = True
        cast.store.save()
        set_pin(user=User.objects.get(pk=cast.carla.pk), pin=PIN, at=timezone.now())
        yield cast


def test_wrong_pins_at_once_are_all_counted(cast: Cast) -> None:
    note_full_sign_in(user=User.objects.get(pk=cast.bruno.pk), device="till", at=timezone.now())
    till = trusted_till(device="till", at=timezone.now())
    assert till is not None
    tried = partial(sign_in_by_pin, till=till, person=str(cast.carla.uuid), pin=WRONG, at=timezone.now())
    found = at_once([partial(outcome_of, tried)] * (PER_DEVICE + 3))
    assert sorted(found) == ["NotSignedIn"] * PER_DEVICE + ["PinLocked"] * 3
    assert WrongPin.objects.count() == PER_DEVICE


def test_two_who_sign_in_on_a_till_at_once_leave_one_row(cast: Cast) -> None:
    people = [User.objects.get(pk=person.pk) for person in (cast.carla, cast.bruno)]
    at_once([partial(note_full_sign_in, user=person, device="till", at=timezone.now()) for person in people * 2])
    assert TrustedTill.objects.get().trusted_by in people


def test_a_person_whose_sign_ins_ended_while_signing_in_trusts_no_till(cast: Cast) -> None:
    signing_in = User.objects.get(pk=cast.bruno.pk)
    end_sign_ins(user=User.objects.get(pk=cast.bruno.pk), at=timezone.now())
    note_full_sign_in(user=signing_in, device="till", at=timezone.now())
    assert not TrustedTill.objects.exists()
