"""Sign-in, tokens and keys: a secret is shown once, stored as a digest, and can be revoked at once."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.serializers import serialize

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people.access_token import authenticate, issue_token, revoke
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.domain.people.person import set_password
from cashdesk.domain.people.sign_in import confirm_password, sign_in
from cashdesk.domain.people.sign_in_throttle import FREE, Source
from cashdesk.domain.people.token_last_use import PRECISION, note_use
from cashdesk.domain.store.store_reference import find_store
from cashdesk.enums import PlaceKind, Scope, TokenKind
from cashdesk.errors import Forbidden, InvalidInput, NotSignedIn, TooManyAttempts, WrongPassword
from cashdesk.models import AccessToken, AuditEntry, SignInAttempt, User
from tests.cashdesk.desk import NOON, minutes
from tests.factories import PASSWORD, StoreFactory, UserFactory
from tests.stories import Cast, counted_queries

HOUR = timedelta(hours=1)
HERE = Source(address="10.0.0.1")


def try_to_sign_in(**fields: Any) -> tuple[AccessToken, str]:
    """Signs in as Carla at noon. The fields change that."""
    usual: dict[str, Any] = {
        "password": PASSWORD,
        "at": NOON,
        "source": HERE,
        "lifetime": HOUR,
        "renewable_for": 2 * HOUR,
    }
    if not fields.keys() & {"email", "username", "rut"}:
        usual["username"] = "carla"
    signed_in = sign_in(**{**usual, **fields})
    return signed_in.token, signed_in.secret


def fail_to_sign_in(times: int, **fields: Any) -> None:
    """Tries a wrong password this many times."""
    for _ in range(times):
        with pytest.raises(NotSignedIn):
            try_to_sign_in(**{"password": "wrong", **fields})


# --- Signing in ---------------------------------------------------------------------------------------------------------------


def test_a_password_that_changes_while_it_is_checked_signs_nobody_in(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow_check(password: str, encoded: str) -> bool:
        set_password(user=User.objects.get(pk=cast.carla.pk), password="another long one", by=SYSTEM, at=NOON)
        return True

    monkeypatch.setattr("cashdesk.domain.people.sign_in.check_password", slow_check)
    with pytest.raises(NotSignedIn):
        try_to_sign_in()
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        {"username": "carla"}, {"username": "CARLA"}, {"email": "carla@example.com"}, {"email": "Carla@Example.COM"},
        {"rut": "11.111.111-1"},
    ],
)  # fmt: skip
def test_a_person_signs_in_by_any_of_three_names(cast: Cast, name: dict[str, str]) -> None:
    token, secret = try_to_sign_in(**name)
    found = authenticate(secret=secret, at=NOON)
    assert found is not None
    assert (found.user, found.token) == (cast.carla, token)
    assert (token.kind, token.created_at, token.expires_at) == (TokenKind.SIGN_IN, NOON, NOON + HOUR)


def test_an_unknown_name_and_a_wrong_password_are_refused_in_the_same_words(cast: Cast) -> None:
    inactive = UserFactory(store=cast.store, username="left")
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    answers = set()
    wrong: list[dict[str, str]] = [
        {"password": "wrong"}, {"password": ""}, {"username": "nobody"}, {"email": "x@example.com"}, {"rut": "1-9"},
        {"username": "left"},
    ]  # fmt: skip
    for fields in wrong:
        with pytest.raises(NotSignedIn) as refused:
            try_to_sign_in(**fields)
        answers.add((refused.value.message, refused.value.code))
    assert len(answers) == 1
    assert not AccessToken.objects.exists()


def test_nobody_of_a_closed_account_signs_in(cast: Cast) -> None:
    cast.store.account.is_active = False
    cast.store.account.save()
    with pytest.raises(NotSignedIn):
        try_to_sign_in()


def test_a_token_is_bound_to_the_store_and_register_that_are_named(cast: Cast) -> None:
    token, _secret = try_to_sign_in(store="1337", station=2)
    assert (token.store, token.register) == (cast.store, cast.place(PlaceKind.REGISTER, 2))
    token, _secret = try_to_sign_in(station=1)
    assert (token.store, token.register) == (cast.store, cast.place(PlaceKind.REGISTER, 1))
    token, _secret = try_to_sign_in(username="anna", store=str(cast.store.uuid))
    assert (token.store, token.register) == (cast.store, None)


def test_a_store_or_register_that_is_not_theirs_is_refused(cast: Cast) -> None:
    StoreFactory(account=cast.store.account, number="2000")
    for fields, field in (
        ({"store": "2000"}, "store"),
        ({"store": str(cast.otto.store.uuid)}, "store"),
        ({"station": 99}, "station"),
        ({"station": 0}, "station"),
        ({"username": "anna", "station": 1}, "store"),
    ):
        with pytest.raises(InvalidInput) as refused:
            try_to_sign_in(**fields)
        assert set(refused.value.errors) == {field}
    UserFactory(store=cast.store, register=cast.place(PlaceKind.REGISTER, 1))
    with pytest.raises(Forbidden):
        try_to_sign_in(station=1)
    assert not AccessToken.objects.exists()


def test_a_store_is_found_by_number_or_uuid_among_those_one_knows(cast: Cast) -> None:
    by = Principal(user=cast.carla)
    for reference in ("1337", str(cast.store.uuid), cast.store.uuid.hex, str(cast.store.uuid).upper()):
        assert find_store(reference=reference, by=by) == cast.store
    for reference in ("", "0", "x", str(cast.otto.store.uuid), "f" * 32):
        assert find_store(reference=reference, by=by) is None


# --- Too many tries ---------------------------------------------------------------------------------------------------------------


def test_a_person_is_guarded_by_all_three_names_together(cast: Cast) -> None:
    fail_to_sign_in(FREE - 1)
    fail_to_sign_in(1, email="CARLA@example.com")
    with pytest.raises(TooManyAttempts):
        try_to_sign_in(rut="11.111.111-1")
    assert try_to_sign_in(username="bruno")[0].user == cast.bruno


def test_a_name_that_nobody_has_is_guarded_too(cast: Cast) -> None:
    fail_to_sign_in(FREE, username="nobody")
    with pytest.raises(TooManyAttempts):
        try_to_sign_in(username="NOBODY")


def test_what_was_typed_as_a_name_is_not_stored(cast: Cast) -> None:
    fail_to_sign_in(1, username="my-secret-password")
    assert "my-secret-password" not in serialize("json", SignInAttempt.objects.all())


def test_the_person_at_the_till_confirms_with_their_password(cast: Cast) -> None:
    by = Principal(user=cast.carla)
    confirm_password(by=by, password=PASSWORD, source=HERE, at=NOON)
    with pytest.raises(WrongPassword) as refused:
        confirm_password(by=by, password="wrong", source=HERE, at=NOON)
    assert (refused.value.code, set(refused.value.errors)) == ("wrong_password", {"password"})
    with pytest.raises(NotSignedIn):
        confirm_password(by=SYSTEM, password=PASSWORD, source=HERE, at=NOON)


def test_wrong_confirmations_count_with_the_wrong_sign_ins(cast: Cast) -> None:
    fail_to_sign_in(FREE - 1)
    with pytest.raises(WrongPassword):
        confirm_password(by=Principal(user=cast.carla), password="wrong", source=HERE, at=NOON)
    with pytest.raises(TooManyAttempts):
        confirm_password(by=Principal(user=cast.carla), password=PASSWORD, source=HERE, at=NOON)


# --- Tokens and keys -----------------------------------------------------------------------------------------------------------------


def issued(cast: Cast, kind: str, **fields: Any) -> tuple[AccessToken, str]:
    """Issues a token to Carla, or a key to a program."""
    if kind == TokenKind.SIGN_IN:
        return issue_token(user=cast.carla, at=NOON, lifetime=HOUR, **fields)
    return issue_api_key(
        name="till",
        scopes=(Scope.PAYMENTS_WRITE,),
        by=SYSTEM,
        at=NOON,
        account=cast.store.account,
        expires_at=NOON + HOUR,
        **fields,
    )


@pytest.mark.parametrize("kind", TokenKind)
def test_only_the_digest_of_a_secret_is_stored(cast: Cast, kind: str) -> None:
    token, secret = issued(cast, kind)
    assert token.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret.startswith(token.prefix)
    assert len(secret) - len(token.prefix) >= 32
    stored = serialize("json", [*AccessToken.objects.all(), *AuditEntry.objects.all()])
    assert secret not in stored
    assert secret[len(token.prefix) :] not in stored
    assert secret not in str(token) + repr(token)


@pytest.mark.parametrize("kind", TokenKind)
def test_no_two_secrets_are_alike(cast: Cast, kind: str) -> None:
    assert len({issued(cast, kind)[1] for _ in range(20)}) == 20


@pytest.mark.parametrize("kind", TokenKind)
def test_a_token_ends_when_it_expires(cast: Cast, kind: str) -> None:
    _token, secret = issued(cast, kind)
    assert authenticate(secret=secret, at=NOON + HOUR - timedelta(microseconds=1)) is not None
    assert authenticate(secret=secret, at=NOON + HOUR) is None


def test_a_key_without_an_end_stays(cast: Cast) -> None:
    _token, secret = issue_api_key(name="till", scopes=tuple(Scope), by=SYSTEM, at=NOON, account=cast.store.account)
    assert authenticate(secret=secret, at=NOON + timedelta(days=3650)) is not None


@pytest.mark.parametrize("kind", TokenKind)
def test_a_revoked_token_ends_at_once_and_once(cast: Cast, kind: str) -> None:
    token, secret = issued(cast, kind)
    for minute in (1, 2):
        revoke(token=token, by=Principal(user=cast.erika), at=minutes(minute))
    token.refresh_from_db()
    assert token.revoked_at == minutes(1)
    assert authenticate(secret=secret, at=minutes(1)) is None
    assert AuditEntry.objects.filter(action="token.revoked").count() == 1


@pytest.mark.parametrize("secret", ["", "ct_", "x" * 10_000, "\x00", "\ud800", "ct_€", "0", "' OR 1=1 --"])
def test_an_unknown_secret_speaks_for_nobody(cast: Cast, secret: str) -> None:
    issued(cast, TokenKind.SIGN_IN)
    assert authenticate(secret=secret, at=NOON) is None


def test_neither_the_digest_nor_the_prefix_is_a_secret(cast: Cast) -> None:
    token, secret = issued(cast, TokenKind.SIGN_IN)
    for guess in (token.digest, token.prefix, secret[:-1], secret + "x", secret.upper(), f" {secret}"):
        assert authenticate(secret=guess, at=NOON) is None


@pytest.mark.parametrize("kind", TokenKind)
def test_the_tokens_of_whoever_left_and_of_a_closed_account_end(cast: Cast, kind: str) -> None:
    _token, secret = issued(cast, kind)
    account = cast.store.account
    account.is_active = False
    account.save()
    assert authenticate(secret=secret, at=NOON) is None
    account.is_active = True
    account.save()
    cast.carla.is_active = False
    cast.carla.save()
    assert (authenticate(secret=secret, at=NOON) is None) == (kind == TokenKind.SIGN_IN)


def test_who_a_secret_speaks_for_takes_one_query(cast: Cast) -> None:
    _token, secret = issued(cast, TokenKind.SIGN_IN, store=cast.store, register=cast.place(PlaceKind.REGISTER, 1))
    authenticate(secret=secret, at=NOON)
    with counted_queries() as queries:
        found = authenticate(secret=secret, at=NOON)
        assert found is not None
        assert found.user is not None
        assert found.token is not None
        assert (found.user.store, found.token.store, found.token.register.number) == (cast.store, cast.store, 1)  # type: ignore[union-attr]
    assert len(queries) == 1


def test_the_last_use_is_noted_once_in_five_minutes(cast: Cast) -> None:
    token, _secret = issued(cast, TokenKind.SIGN_IN)

    def used(after: timedelta) -> Any:
        note_use(token=token, at=NOON + after)
        token.refresh_from_db()
        return token.last_used_at

    assert token.last_used_at is None
    assert used(timedelta(0)) == NOON
    assert used(PRECISION - timedelta(seconds=1)) == NOON
    assert used(PRECISION) == NOON + PRECISION


def test_signing_in_with_a_token_writes_nothing(cast: Cast) -> None:
    _token, secret = issued(cast, TokenKind.SIGN_IN)
    with counted_queries() as queries:
        assert authenticate(secret=secret, at=NOON) is not None
    assert [query["sql"][:6] for query in queries] == ["SELECT"]


def test_a_key_carries_its_scopes_and_is_audited(cast: Cast) -> None:
    token, secret = issue_api_key(
        name="till",
        scopes=(Scope.SESSIONS_READ, Scope.PAYMENTS_READ),
        by=Principal(user=cast.anna),
        at=NOON,
        account=cast.store.account,
    )
    found = authenticate(secret=secret, at=NOON)
    assert found is not None
    assert [scope for scope in Scope if found.has_scope(scope)] == [Scope.PAYMENTS_READ, Scope.SESSIONS_READ]
    entry = AuditEntry.objects.get(action="api_key.issued")
    assert (entry.user, entry.subject, entry.detail["name"]) == (cast.anna, f"token:{token.pk}", "till")
