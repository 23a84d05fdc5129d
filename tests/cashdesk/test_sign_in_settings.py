"""The settings of the second factor and of the provider: half of a configuration does not start."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import environ
import pytest
from django.test import override_settings

from cashdesk.sign_in_checks import (
    ProviderSettings,
    check_provider,
    check_second_factor,
    provider_faults,
    second_factor_faults,
)
from config.sign_in import provider_settings
from tests.cashdesk.test_settings import (
    _starter,  # noqa: F401 (a fixture)
    start,
)

WHOLE = {"OIDC_ISSUER": "https://id.example", "OIDC_CLIENT_ID": "cashdesk", "OIDC_CLIENT_SECRET": "s3cret-of-this-test"}


def read(**typed: str) -> ProviderSettings:
    env = environ.FileAwareEnv()
    env.ENVIRON = typed
    return provider_settings(env)


def test_without_settings_there_is_no_provider_and_no_fault() -> None:
    assert read() == ProviderSettings()
    assert provider_faults(read()) == []


def test_a_whole_configuration_is_read() -> None:
    found = read(
        **WHOLE,
        OIDC_ROLE_GROUPS='{"bosses": "admin", "tills": "cashier"}',
        OIDC_STORE_GROUPS="cashdesk-store-{store}",
        OIDC_CREATE_PEOPLE="true",
        OIDC_SECOND_FACTOR="AMR",
        PASSWORD_SIGN_IN="superusers",
    )
    assert provider_faults(found) == []
    assert (found.name, found.second_factor, found.creates_people) == ("id.example", "amr", True)
    assert (found.role_groups, found.store_pattern) == (
        {"bosses": "admin", "tills": "cashier"},
        "cashdesk-store-{store}",
    )
    assert read(**WHOLE, OIDC_STORE_GROUPS='{"berlin": "1337"}').store_groups == {"berlin": "1337"}
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET is missing"),
        ({"OIDC_ISSUER": ""}, "OIDC_ISSUER is missing"),
        ({"OIDC_ISSUER": "http://id.example"}, "give the https address"),
        ({"OIDC_ISSUER": "https://id.example/?tenant=1"}, "give the https address"),
        ({"OIDC_ISSUER": "https://[id"}, "give the https address"),
        ({"OIDC_SCOPES": "profile"}, "it needs openid"),
        ({"OIDC_ROLE_GROUPS": "bosses: admin"}, "OIDC_ROLE_GROUPS cannot be read"),
        ({"OIDC_ROLE_GROUPS": '{"bosses": "boss"}'}, "OIDC_ROLE_GROUPS cannot be read"),
        ({"OIDC_STORE_GROUPS": "berlin"}, "OIDC_STORE_GROUPS cannot be read"),
        ({"OIDC_STORE_GROUPS": '{"berlin": 1337}'}, "OIDC_STORE_GROUPS cannot be read"),
        ({"OIDC_STORE_GROUPS": "{store}-{store}"}, "twice"),
        ({"OIDC_CREATE_PEOPLE": "true"}, "OIDC_CREATE_PEOPLE needs OIDC_ROLE_GROUPS"),
        ({"OIDC_SECOND_FACTOR": "sms"}, "OIDC_SECOND_FACTOR is 'sms'"),
        ({"PASSWORD_SIGN_IN": "nobody"}, "PASSWORD_SIGN_IN is 'nobody'"),
    ],
)
def test_each_fault_is_named(typed: dict[str, str], told: str) -> None:
    faults = provider_faults(read(**{**WHOLE, **typed}))
    assert [fault for fault in faults if told in fault], faults
    assert "s3cret" not in " ".join(faults)


def test_passwords_cannot_be_switched_off_without_a_provider() -> None:
    assert [fault for fault in provider_faults(read(PASSWORD_SIGN_IN="superusers")) if "nobody else" in fault]


@pytest.mark.parametrize("value", ["yes", "manager", "Off "])
def test_a_typing_error_does_not_switch_the_second_factor_off(value: str) -> None:
    assert second_factor_faults(value)


def test_the_start_names_all_faults_and_the_check_too(tmp_path: Path, settings: Any) -> None:
    environment = {"OIDC_ISSUER": "https://id.example", "SECOND_FACTOR_REQUIRED": "everybody"}
    refused = start(environment, folder=tmp_path)
    assert refused.returncode != 0
    for words in (
        "OIDC_CLIENT_ID is missing",
        "OIDC_CLIENT_SECRET is missing",
        "SECOND_FACTOR_REQUIRED is 'everybody'",
    ):
        assert words in refused.stderr
    with override_settings(PROVIDER=replace(ProviderSettings(), issuer="https://id.example")):
        assert {fault.id for fault in check_provider()} == {"cashdesk.E042"}
    with override_settings(SECOND_FACTOR_REQUIRED="everybody"):
        assert [fault.id for fault in check_second_factor()] == ["cashdesk.E041"]
    assert start({}, folder=tmp_path).returncode == 0
