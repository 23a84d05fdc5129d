"""A refresh token renews a sign-in once. Used again, it ends the sign-in, except for a retry that nobody can tell apart."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.people.access_token import SignedIn, authenticate, end_sign_in, issue_tokens, revoke
from cashdesk.domain.people.person import change_person, set_password
from cashdesk.domain.people.refresh_token import PER_FAMILY, forget_ended, refresh_sign_in
from cashdesk.domain.people.sign_in_throttle import PER_ADDRESS, Source
from cashdesk.domain.people.token_last_use import note_use
from cashdesk.enums import PlaceKind, Role, TokenKind
from cashdesk.errors import NotSignedIn, TooManyAttempts
from cashdesk.models import AccessToken, AuditEntry, SignInAttempt, User
from tests.cashdesk.desk import NOON
from tests.factories import StoreFactory
from tests.stories import Cast, counted_queries

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
GRACE = timedelta(seconds=30)
HERE = Source(address="10.0.0.1")


def signed_in(user: User, **binding: Any) -> SignedIn:
    """Signs in at noon, for an hour that can be renewed for a day."""
    return issue_tokens(user=user, at=NOON, lifetime=HOUR, renewable_for=DAY, **binding)


def renewed(held: SignedIn, *, after: timedelta = HOUR, **changed: Any) -> SignedIn:
    """Refreshes this long after noon."""
    usual: dict[str, Any] = {
        "access_secret": held.secret,
        "source": HERE,
        "lifetime": HOUR,
        "grace": GRACE,
        "at": NOON + after,
    }
    return refresh_sign_in(secret=held.refresh_secret, **{**usual, **changed})


def is_refused(held: SignedIn, **changed: Any) -> bool:
    """Whether a refresh is refused."""
    try:
        renewed(held, **changed)
    except NotSignedIn:
        return True
    return False


def works(held: SignedIn, *, after: timedelta = HOUR) -> bool:
    """Whether the access token works this long after noon."""
    return authenticate(secret=held.secret, at=NOON + after) is not None


def use(held: SignedIn, *, after: timedelta = HOUR) -> None:
    """Notes the use of the access token, as every request does."""
    note_use(token=AccessToken.objects.get(pk=held.token.pk), at=NOON + after)


def reuses() -> int:
    """Counts the reuses in the audit trail."""
    return AuditEntry.objects.filter(action="token.reused").count()


# --- Once -----------------------------------------------------------------------------------------------------------------


def test_a_refresh_gives_two_new_tokens_and_ends_the_old_ones(cast: Cast) -> None:
    register = cast.place(PlaceKind.REGISTER, 2)
    first = signed_in(cast.carla, store=cast.store, register=register)
    second = renewed(first, after=HOUR / 2)
    assert not {second.secret, second.refresh_secret} & {first.secret, first.refresh_secret}
    assert not works(first, after=HOUR / 2)
    assert works(second, after=HOUR)
    token = second.token
    assert (token.user, token.store, token.register) == (cast.carla, cast.store, register)
    assert token.expires_at == NOON + HOUR / 2 + HOUR
    third = renewed(second, after=2 * HOUR)
    assert works(third, after=2 * HOUR)
    assert set(AccessToken.objects.values_list("family", flat=True)) == {token.family}


def test_the_secrets_are_kept_as_digests_alone(cast: Cast) -> None:
    first = signed_in(cast.carla)
    second = renewed(first)
    rows = repr(list(AccessToken.objects.values()))
    for secret in (first.secret, first.refresh_secret, second.secret, second.refresh_secret):
        assert secret not in rows
        assert len(secret) == 46


def test_a_refresh_token_opens_nothing_else(cast: Cast) -> None:
    first = signed_in(cast.carla)
    assert authenticate(secret=first.refresh_secret, at=NOON) is None
    assert is_refused(SignedIn(token=first.token, secret="", refresh_secret=first.secret))


def test_a_sign_in_cannot_be_renewed_past_its_end(cast: Cast) -> None:
    held = renewed(signed_in(cast.carla), after=DAY - HOUR / 2)
    assert held.token.expires_at == NOON + DAY
    assert is_refused(held, after=DAY)


def test_a_refresh_takes_a_fixed_number_of_statements(cast: Cast) -> None:
    held = renewed(signed_in(cast.carla))
    with counted_queries() as early:
        held = renewed(held, after=2 * HOUR)
    for hour in range(3, 8):
        held = renewed(held, after=hour * HOUR)
    with counted_queries() as late:
        renewed(held, after=9 * HOUR)
    assert len(late) == len(early) <= 8


# --- Again ----------------------------------------------------------------------------------------------------------------


def test_an_old_refresh_token_ends_the_sign_in(cast: Cast) -> None:
    first = signed_in(cast.carla)
    second = renewed(first)
    third = renewed(second, after=2 * HOUR)
    other = signed_in(cast.carla)
    assert is_refused(first, after=2 * HOUR)
    assert not works(third, after=2 * HOUR)
    assert is_refused(third, after=2 * HOUR)
    assert not is_refused(other, after=2 * HOUR)
    noted = AuditEntry.objects.get(action="token.reused")
    assert (noted.user, noted.subject, noted.store) == (cast.carla, f"token:{first.token.pk}", cast.store)
    assert noted.detail == {"tokens_ended": 1}


def test_a_reuse_is_noted_once(cast: Cast) -> None:
    first = signed_in(cast.carla)
    renewed(first)
    for _ in range(3):
        assert is_refused(first, after=2 * HOUR)
    assert reuses() == 1


def test_a_lost_answer_is_given_again(cast: Cast) -> None:
    first = signed_in(cast.carla)
    lost = renewed(first)
    again = renewed(first, after=HOUR + GRACE / 2)
    assert again == lost
    assert again.token.user == cast.carla
    assert AccessToken.objects.filter(user=cast.carla).count() == 2
    assert reuses() == 0


def test_calls_on_their_way_get_the_newest_tokens(cast: Cast) -> None:
    first = signed_in(cast.carla)
    second = renewed(first)
    use(second)
    third = renewed(second, after=HOUR + GRACE / 3)
    assert renewed(first, after=HOUR + GRACE / 2) == renewed(second, after=HOUR + GRACE / 2) == third
    assert works(third)
    assert reuses() == 0


@pytest.mark.parametrize("sent", ["", "ct_another", "the new one"])
def test_a_refresh_token_without_its_access_token_is_not_answered_again(cast: Cast, sent: str) -> None:
    first = signed_in(cast.carla)
    second = renewed(first)
    assert is_refused(first, access_secret=second.secret if sent == "the new one" else sent)
    assert not works(second)
    assert reuses() == 1


def test_a_refresh_needs_no_access_token(cast: Cast) -> None:
    assert works(renewed(signed_in(cast.carla), access_secret=""))


def test_a_sign_in_that_ended_is_not_answered_again(cast: Cast) -> None:
    first = signed_in(cast.carla)
    second = renewed(renewed(first))
    revoke(token=second.token, by=SYSTEM, at=NOON + HOUR)
    assert is_refused(first)
    assert reuses() == 0


@pytest.mark.parametrize(
    ("grace", "after"), [(GRACE, HOUR + GRACE), (timedelta(0), HOUR)], ids=["later", "without a grace"]
)
def test_after_the_grace_nothing_is_given_again(cast: Cast, grace: timedelta, after: timedelta) -> None:
    first = signed_in(cast.carla)
    second = renewed(first, grace=grace)
    assert is_refused(first, grace=grace, after=after)
    assert not works(second, after=after)


def test_an_answer_of_another_server_key_is_not_given_again(cast: Cast, settings: Any) -> None:
    first = signed_in(cast.carla)
    renewed(first)
    settings.SECRET_KEY = "another"
    assert is_refused(first)


def test_a_call_that_is_on_its_way_with_a_token_from_a_refresh_still_works(cast: Cast) -> None:
    second = renewed(signed_in(cast.carla))
    renewed(second, after=HOUR + GRACE / 3)
    assert works(second, after=HOUR + GRACE / 2)
    assert not works(second, after=HOUR + GRACE)
    third = renewed(signed_in(cast.carla))
    renewed(third, after=HOUR + GRACE)
    assert not works(third, after=HOUR + GRACE)


def test_such_a_token_ends_with_its_family(cast: Cast) -> None:
    second = renewed(signed_in(cast.carla))
    third = renewed(second)
    revoke(token=third.token, by=SYSTEM, at=NOON + HOUR)
    assert not works(second)


# --- What ends a sign-in --------------------------------------------------------------------------------------------------


def _leaves(carla: User) -> None:
    carla.is_active = False
    change_person(user=carla, fields=["is_active"], by=SYSTEM, at=NOON)


def _moves(carla: User) -> None:
    carla.store = StoreFactory(account=carla.account)
    change_person(user=carla, fields=["store"], by=SYSTEM, at=NOON)


def _rises(carla: User) -> None:
    carla.role = Role.MANAGER
    change_person(user=carla, fields=["role"], by=SYSTEM, at=NOON)


def _gets_a_password(carla: User) -> None:
    set_password(user=carla, password="another long one", by=SYSTEM, at=NOON)


def _account_ends(carla: User) -> None:
    assert carla.account is not None
    carla.account.is_active = False
    carla.account.save()


@pytest.mark.parametrize("act", [_leaves, _moves, _rises, _gets_a_password, _account_ends])
@pytest.mark.parametrize("renewals", [0, 1])
def test_what_ends_a_sign_in_ends_its_refresh_token(cast: Cast, act: Callable[[User], None], renewals: int) -> None:
    held = signed_in(cast.carla)
    for _ in range(renewals):
        held = renewed(held)
    act(cast.carla)
    assert is_refused(held)
    assert reuses() == 0


def test_a_register_of_somebody_else_is_not_renewed(cast: Cast) -> None:
    register = cast.place(PlaceKind.REGISTER, 2)
    held = signed_in(cast.carla, store=cast.store, register=register)
    cast.bruno.register = register
    cast.bruno.save()
    assert is_refused(held)


def test_signing_out_ends_the_whole_family_also_with_an_expired_token(cast: Cast) -> None:
    first = signed_in(cast.carla)
    end_sign_in(secret=first.secret, at=NOON + 2 * HOUR)
    assert is_refused(first)
    second = renewed(signed_in(cast.carla))
    revoke(token=second.token, by=SYSTEM, at=NOON + HOUR)
    assert is_refused(second)
    assert not works(second)


def test_signing_out_ends_no_other_sign_in(cast: Cast) -> None:
    left, kept = signed_in(cast.carla), signed_in(cast.carla)
    end_sign_in(secret=left.secret, at=NOON)
    end_sign_in(secret="ct_unknown", at=NOON)
    assert works(kept, after=HOUR / 2)
    assert not is_refused(kept)


# --- Limits ---------------------------------------------------------------------------------------------------------------


def test_wrong_refresh_tokens_are_limited_by_address_and_hold_nobody_back(cast: Cast) -> None:
    held = signed_in(cast.carla)
    wrong = SignedIn(token=held.token, secret="", refresh_secret="cr_wrong")
    for _ in range(PER_ADDRESS):
        assert is_refused(wrong)
    with pytest.raises(TooManyAttempts) as refused:
        renewed(wrong)
    assert 0 < refused.value.retry_after_seconds <= 15 * 60
    assert SignInAttempt.objects.count() == PER_ADDRESS
    assert is_refused(wrong, source=Source(address="10.0.0.2"))
    assert works(renewed(held))


def test_a_client_without_a_refresh_token_is_not_counted(cast: Cast) -> None:
    held = signed_in(cast.carla)
    assert is_refused(SignedIn(token=held.token, secret="", refresh_secret=""))
    assert not SignInAttempt.objects.exists()


def test_a_client_that_refreshes_in_a_loop_is_told_to_wait(cast: Cast) -> None:
    held = signed_in(cast.carla)
    for _ in range(PER_FAMILY):
        held = renewed(held)
    with pytest.raises(TooManyAttempts) as refused:
        renewed(held)
    assert refused.value.retry_after_seconds == 60
    assert works(renewed(held, after=HOUR + timedelta(minutes=1)), after=HOUR + timedelta(minutes=1))


# --- The rows -------------------------------------------------------------------------------------------------------------


def test_ended_refresh_tokens_are_forgotten_and_access_tokens_kept(cast: Cast) -> None:
    first = signed_in(cast.carla)
    renewed(first)
    assert forget_ended(at=NOON + DAY - HOUR) == 0
    assert forget_ended(at=NOON + DAY) == 2
    assert forget_ended(at=NOON + DAY) == 0
    assert AccessToken.objects.filter(user=cast.carla, refresh_digest=None).count() == 2


@pytest.mark.parametrize(
    "broken", [{"family": None}, {"renewable_until": None}, {"kind": TokenKind.API_KEY, "user": None}]
)
def test_the_database_refuses_a_refresh_token_without_its_family(cast: Cast, broken: dict[str, Any]) -> None:
    token = signed_in(cast.carla).token
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessToken.objects.filter(pk=token.pk).update(**broken)


def test_a_token_is_replaced_once(cast: Cast) -> None:
    first = signed_in(cast.carla)
    renewed(first)
    other = signed_in(cast.carla).token
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessToken.objects.filter(pk=other.pk).update(replaces=first.token)
