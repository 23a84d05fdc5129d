"""The second factor: adding it, its codes, recovery codes, and who removes it."""

import base64
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticToken

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people.access_token import authenticate, issue_token
from cashdesk.domain.people.person import unlock_person
from cashdesk.domain.people.second_factor import (
    add_second_factor,
    confirm_code,
    enrolment_of,
    must_have_second_factor,
    needs_verification,
    recovery_codes_left,
    remove_second_factor,
    renew_recovery_codes,
)
from cashdesk.errors import Conflict, Forbidden, InvalidInput, TooManyAttempts, WrongCode
from cashdesk.models import AuditEntry, Authenticator, RecoveryCodes, User
from cashdesk.models.code_device import new_key
from tests.second_factor import adds_app, code_for, fresh_code, wrong_code
from tests.stories import Cast

HOUR = timedelta(hours=1)


def confirms(user: User, code: str) -> str:
    return confirm_code(user=user, code=code, at=timezone.now())


def test_a_manager_adds_a_second_factor_and_all_other_sign_ins_end(cast: Cast) -> None:
    _token, secret = issue_token(user=cast.erika, at=timezone.now(), lifetime=HOUR)
    session_hash = cast.erika.get_session_auth_hash()
    codes = adds_app(cast.erika)
    assert authenticate(secret=secret, at=timezone.now()) is None
    assert cast.erika.get_session_auth_hash() != session_hash
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}", code) for code in codes)
    entry = AuditEntry.objects.get(action="person.second_factor_added")
    assert (entry.user, entry.subject, entry.detail) == (cast.erika, f"user:{cast.erika.pk}", {"tokens_ended": 1})
    cast.erika.refresh_from_db()
    assert needs_verification(cast.erika)


def test_a_wrong_code_adds_nothing(cast: Cast) -> None:
    key = new_key()
    for code in ("", "000", "abcdef", "12345６"):
        with pytest.raises(WrongCode):
            add_second_factor(user=cast.erika, key=key, code=code, by=Principal(user=cast.erika), at=timezone.now())
    assert not Authenticator.objects.exists()
    assert not User.objects.filter(second_factor_since__isnull=False).exists()


def test_nobody_adds_one_for_somebody_else_and_cashiers_need_none(cast: Cast) -> None:
    key = new_key()
    for user, by in ((cast.erika, cast.anna), (cast.carla, cast.carla)):
        with pytest.raises(Forbidden):
            add_second_factor(user=user, key=key, code=code_for(key), by=Principal(user=by), at=timezone.now())


def test_a_second_app_is_refused_until_the_first_is_removed(cast: Cast) -> None:
    adds_app(cast.erika)
    with pytest.raises(Conflict):
        adds_app(cast.erika)


def test_a_code_works_once(cast: Cast) -> None:
    adds_app(cast.erika)
    code = fresh_code(cast.erika)
    assert confirms(cast.erika, f"{code[:3]} {code[3:]}") == "app"
    with pytest.raises(WrongCode):
        confirms(cast.erika, code)
    assert AuditEntry.objects.filter(action="person.code_refused", user=cast.erika).count() == 1


def test_the_code_that_added_the_app_signs_nobody_in(cast: Cast) -> None:
    key = new_key()
    code = code_for(key)
    add_second_factor(user=cast.erika, key=key, code=code, by=Principal(user=cast.erika), at=timezone.now())
    with pytest.raises(WrongCode):
        confirms(cast.erika, code)


@pytest.mark.parametrize(("steps", "is_right"), [(-3, False), (-1, True), (0, True), (1, True), (3, False)])
def test_a_clock_may_be_half_a_minute_off(cast: Cast, steps: int, is_right: bool) -> None:
    adds_app(cast.erika)
    code = code_for(Authenticator.objects.get().key, steps=steps)
    if is_right:
        assert confirms(cast.erika, code) == "app"
    else:
        with pytest.raises(WrongCode):
            confirms(cast.erika, code)


def test_each_wrong_code_doubles_the_wait_and_an_admin_ends_it(cast: Cast) -> None:
    adds_app(cast.erika)
    wrong = wrong_code(cast.erika)
    with pytest.raises(WrongCode):
        confirms(cast.erika, wrong)
    for failures in (1, 4, 11):
        Authenticator.objects.update(throttling_failure_count=failures, throttling_failure_timestamp=timezone.now())
        with pytest.raises(TooManyAttempts) as refused:
            confirms(cast.erika, fresh_code(cast.erika))
        assert refused.value.retry_after_seconds == pytest.approx(2 ** (failures - 1), abs=1)
    unlock_person(user=cast.erika, by=Principal(user=cast.anna), at=timezone.now())
    assert confirms(cast.erika, fresh_code(cast.erika)) == "app"
    assert Authenticator.objects.get().throttling_failure_count == 0


def test_a_locked_app_leaves_the_recovery_codes(cast: Cast) -> None:
    codes = adds_app(cast.erika)
    Authenticator.objects.update(throttling_failure_count=20, throttling_failure_timestamp=timezone.now())
    assert confirms(cast.erika, codes[0]) == "recovery"


def test_a_recovery_code_works_once_in_any_spelling(cast: Cast) -> None:
    codes = adds_app(cast.erika)
    assert confirms(cast.erika, codes[3].upper().replace("-", " ")) == "recovery"
    assert recovery_codes_left(cast.erika) == 9
    with pytest.raises(WrongCode):
        confirms(cast.erika, codes[3])
    assert AuditEntry.objects.get(action="person.recovery_code_used").detail == {"left": 9}


def test_new_recovery_codes_end_the_old_ones(cast: Cast) -> None:
    old = adds_app(cast.erika)
    new = renew_recovery_codes(user=cast.erika, by=Principal(user=cast.erika), at=timezone.now())
    assert not set(old) & set(new)
    with pytest.raises(WrongCode):
        confirms(cast.erika, old[0])
    RecoveryCodes.objects.get().throttle_reset()
    assert confirms(cast.erika, new[0]) == "recovery"


def test_codes_of_somebody_else_are_wrong(cast: Cast) -> None:
    adds_app(cast.erika)
    of_anna = adds_app(cast.anna)
    for code in (of_anna[0], fresh_code(cast.anna)):
        with pytest.raises(WrongCode):
            confirms(cast.erika, code)


def test_no_secret_is_stored(cast: Cast) -> None:
    codes = adds_app(cast.erika)
    device = Authenticator.objects.get()
    app_key = enrolment_of(cast.erika, device.key).key.replace(" ", "")
    assert len(base64.b32decode(app_key)) == 20
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM otp_totp_totpdevice")
        kept = str(cursor.fetchall())
        cursor.execute("SELECT token FROM otp_static_statictoken")
        kept += str(cursor.fetchall())
    kept += str(list(AuditEntry.objects.values_list("detail", flat=True)))
    assert base64.b32decode(app_key).hex() not in kept
    assert app_key not in kept
    assert not [code for code in codes if code.replace("-", "") in kept]
    assert StaticToken.objects.count() == 10


def test_the_key_survives_a_change_of_the_secret_key_that_names_the_old_one(cast: Cast, settings: object) -> None:
    codes = adds_app(cast.erika)
    code = fresh_code(cast.erika)
    old = settings.SECRET_KEY  # type: ignore[attr-defined]
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=["older", old]):
        assert confirms(cast.erika, code) == "app"
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[]):
        with pytest.raises(InvalidInput, match="no longer knows the key"):
            confirms(cast.erika, "123456")
        assert confirms(cast.erika, codes[0]) == "recovery"


def test_who_may_remove_the_second_factor_of_whom(cast: Cast) -> None:
    root = User.objects.create_superuser("root", "root@example.com", "Root", "a-long-password")
    for user in (cast.erika, cast.anna, root):
        adds_app(user)
    for user, by in ((cast.anna, cast.erika), (cast.erika, cast.otto), (cast.erika, cast.carla), (root, cast.anna)):
        with pytest.raises(Forbidden):
            remove_second_factor(user=user, by=Principal(user=by), at=timezone.now())
    right = ((cast.erika, Principal(user=cast.anna)), (cast.anna, Principal(user=root)), (root, SYSTEM))
    for user, remover in right:
        _token, secret = issue_token(user=user, at=timezone.now(), lifetime=HOUR)
        remove_second_factor(user=user, by=remover, at=timezone.now())
        assert authenticate(secret=secret, at=timezone.now()) is None
        user.refresh_from_db()
        assert not needs_verification(user)
    assert not Authenticator.objects.exists()
    assert not StaticToken.objects.exists()
    assert AuditEntry.objects.filter(action="person.second_factor_removed").count() == 3


@pytest.mark.parametrize(
    ("required", "who"), [("off", set()), ("managers", {"erika", "anna", "otto", "root"}), ("admins", {"anna", "root"})]
)
def test_the_setting_names_who_must_have_one(cast: Cast, settings: object, required: str, who: set[str]) -> None:
    User.objects.create_superuser("root", "root@example.com", "Root", "a-long-password")
    settings.SECOND_FACTOR_REQUIRED = required  # type: ignore[attr-defined]
    assert {user.username for user in User.objects.all() if must_have_second_factor(user)} == who


def test_nobody_removes_what_the_setting_demands_of_them(cast: Cast, settings: object) -> None:
    adds_app(cast.erika)
    settings.SECOND_FACTOR_REQUIRED = "managers"  # type: ignore[attr-defined]
    with pytest.raises(Conflict):
        remove_second_factor(user=cast.erika, by=Principal(user=cast.erika), at=timezone.now())
    remove_second_factor(user=cast.erika, by=Principal(user=cast.anna), at=timezone.now())
