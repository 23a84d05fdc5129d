"""Several connections use one refresh token, or end its sign-in, at the same moment."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.people.access_token import SignedIn, authenticate, issue_tokens, revoke
from cashdesk.domain.people.person import set_password
from cashdesk.domain.people.refresh_token import refresh_sign_in
from cashdesk.domain.people.sign_in_throttle import Source
from cashdesk.errors import NotSignedIn
from cashdesk.models import AccessToken, AuditEntry
from tests.stories import Cast, make_cast
from tests.web.side_by_side import at_once, database_for_threads

ROUNDS = 4
HOUR = timedelta(hours=1)


@pytest.fixture
def cast(transactional_db: None, tmp_path: Path) -> Iterator[Cast]:
    """A shop in a database that threads can share."""
    with database_for_threads(tmp_path):
        yield make_cast()


def signed_in(cast: Cast) -> SignedIn:
    return issue_tokens(user=cast.carla, at=timezone.now(), lifetime=HOUR, renewable_for=2 * HOUR)


def renewed(held: SignedIn, *, grace: timedelta = timedelta(seconds=30)) -> SignedIn | None:
    """Refreshes, and returns None if that is refused."""
    try:
        return refresh_sign_in(
            secret=held.refresh_secret,
            access_secret=held.secret,
            source=Source(address="10.0.0.1"),
            lifetime=HOUR,
            grace=grace,
            at=timezone.now(),
        )
    except NotSignedIn:
        return None


def works(held: SignedIn | None) -> bool:
    return held is not None and authenticate(secret=held.secret, at=timezone.now()) is not None


def test_calls_that_refresh_at_once_get_the_same_tokens(cast: Cast) -> None:
    for _round in range(ROUNDS):
        held = signed_in(cast)
        first, *others = at_once([partial(renewed, held)] * 3)
        assert first is not None
        assert all(other == first for other in others)
        assert works(first)
        assert AccessToken.objects.filter(family=held.token.family).count() == 2
    assert not AuditEntry.objects.filter(action="token.reused").exists()


def test_without_a_grace_one_of_them_ends_the_sign_in(cast: Cast) -> None:
    for _round in range(ROUNDS):
        held = signed_in(cast)
        found = at_once([partial(renewed, held, grace=timedelta(0))] * 2)
        assert sorted(one is None for one in found) == [False, True]
        assert not any(works(one) for one in found)
    assert AuditEntry.objects.filter(action="token.reused").count() == ROUNDS


@pytest.mark.parametrize("ending", ["sign-out", "password"])
def test_a_sign_in_that_ends_during_a_refresh_leaves_no_token(cast: Cast, ending: str) -> None:
    for _round in range(ROUNDS):
        held = signed_in(cast)
        now = timezone.now()
        if ending == "sign-out":
            end = partial(revoke, token=held.token, by=SYSTEM, at=now)
        else:
            end = partial(set_password, user=cast.carla, password="another long one", by=SYSTEM, at=now)
        acts: list[Callable[[], SignedIn | None]] = [partial(renewed, held), end]
        found, _none = at_once(acts)
        assert not works(found)
        assert not works(held)
        assert found is None or renewed(found) is None
