"""Production does not start without its settings: one error names all missing settings."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from cashdesk.checks import MIDTRANS_PRODUCTION, check_midtrans, mail_faults, midtrans_faults

PROJECT = Path(__file__).resolve().parents[2]
RIGHT = {
    "CASHDESK_ENV": "production",
    "SECRET_KEY": "a-key-for-this-test-alone-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "cashdesk.example",
    "DATABASE_URL": "postgres://cashdesk@127.0.0.1/cashdesk",
}
SHOWN = (
    "DEBUG",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS",
    "ALLOWED_HOSTS",
)
PROGRAM = f"from config import settings; print({{name: getattr(settings, name) for name in {SHOWN!r}}})"


_starters: "list[subprocess.Popen[str]]" = []


@pytest.fixture(autouse=True, scope="module")
def _starter() -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cashdesk.settings_starter"],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        _starters.append(process)
        yield
        _starters.remove(process)


def start(environment: dict[str, str], *, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Reads the settings in a new process with only this environment, without the developer's .env."""
    (starter,) = _starters
    assert starter.stdin is not None
    assert starter.stdout is not None
    question = {"environment": environment, "folder": str(folder), "program": PROGRAM}
    print(json.dumps(question), file=starter.stdin, flush=True)
    return subprocess.CompletedProcess(PROGRAM, **json.loads(starter.stdout.readline()))


def test_production_starts_when_all_is_there(tmp_path: Path) -> None:
    started = start(RIGHT, folder=tmp_path)
    assert started.returncode == 0, started.stderr
    assert started.stdout.strip() == str(
        {
            "DEBUG": False,
            "SESSION_COOKIE_SECURE": True,
            "CSRF_COOKIE_SECURE": True,
            "SECURE_SSL_REDIRECT": True,
            "SECURE_HSTS_SECONDS": 31_536_000,
            "ALLOWED_HOSTS": ["cashdesk.example"],
        }
    )


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    refused = start({"CASHDESK_ENV": "production", "DEBUG": "true"}, folder=tmp_path)
    assert refused.returncode != 0
    last_words = refused.stderr.partition("ImproperlyConfigured")[2]
    for name in ("SECRET_KEY is missing", "ALLOWED_HOSTS is missing", "DATABASE_URL is missing", "DEBUG is on"):
        assert name in last_words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SECRET_KEY", None, "SECRET_KEY is missing"),
        ("SECRET_KEY", "", "SECRET_KEY is missing"),
        ("SECRET_KEY", "short", "SECRET_KEY is the development key, or too short"),
        ("SECRET_KEY", "x" * 80, "SECRET_KEY is the development key, or too short"),
        ("SECRET_KEY", "development-only-and-refused-in-production-0123456789", "SECRET_KEY is the development key"),
        ("ALLOWED_HOSTS", None, "ALLOWED_HOSTS is missing"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS is '*'"),
        ("ALLOWED_HOSTS", "cashdesk.example,*", "ALLOWED_HOSTS is '*'"),
        ("DATABASE_URL", None, "DATABASE_URL is missing"),
        ("DATABASE_URL", "mysql://root@localhost/x", "DATABASE_URL begins with an unknown scheme"),
        ("DEBUG", "true", "DEBUG is on"),
        ("DEBUG", "1", "DEBUG is on"),
        ("DEBUG", "Yes", "DEBUG is on"),
    ],
)
def test_each_fault_stops_production_and_is_the_only_one_named(
    name: str, value: str | None, words: str, tmp_path: Path
) -> None:
    environment = {key: kept for key, kept in RIGHT.items() if key != name}
    refused = start(environment if value is None else {**environment, name: value}, folder=tmp_path)
    assert refused.returncode != 0
    faults = [line for line in refused.stderr.splitlines() if line.startswith("  - ")]
    assert len(faults) == 1, refused.stderr
    assert words in faults[0]


@pytest.mark.parametrize("value", ["prod", "PRODUCTION", "staging", "", " production"])
def test_an_environment_that_nobody_knows_is_refused(value: str, tmp_path: Path) -> None:
    refused = start({**RIGHT, "CASHDESK_ENV": value}, folder=tmp_path)
    assert refused.returncode != 0
    assert "CASHDESK_ENV" in refused.stderr.partition("ImproperlyConfigured")[2]


@pytest.mark.parametrize("value", ["", "Sometimes", "None; Partitioned"])
def test_a_same_site_attribute_that_no_browser_knows_is_refused(value: str, tmp_path: Path) -> None:
    refused = start({**RIGHT, "ACCESS_TOKEN_SAMESITE": value}, folder=tmp_path)
    assert refused.returncode != 0
    assert "it takes one of Lax, Strict, None" in refused.stderr


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "*",
        "file://",
        "file:///",
        "https://*.example",
        "till.example",
        "https://till.example/",
        "https://till.example/desk",
        "https://till.example?x",
        "https://carla@till.example",
    ],
)
@pytest.mark.parametrize("environment", [RIGHT, {}], ids=["production", "development"])
def test_an_allowed_origin_that_is_no_single_site_stops_the_start(
    environment: dict[str, str], origin: str, tmp_path: Path
) -> None:
    named = {"CORS_ALLOWED_ORIGINS": f"https://till.example,{origin}"}
    refused = start({**environment, **named}, folder=tmp_path)
    assert refused.returncode != 0
    faults = [line for line in refused.stderr.splitlines() if line.startswith("  - ")]
    assert len(faults) == 1, refused.stderr
    assert f"CORS_ALLOWED_ORIGINS has {origin!r}" in faults[0]


def test_origins_that_are_written_in_full_do_not_stop_the_start(tmp_path: Path) -> None:
    origins = "https://till.example,http://localhost:5173, http://[::1]:8080,capacitor://localhost"
    started = start({**RIGHT, "CORS_ALLOWED_ORIGINS": origins}, folder=tmp_path)
    assert started.returncode == 0, started.stderr


SANDBOX = "https://api.sandbox.midtrans.com"
KEY = "SB-Mid-server-hunter2hunter2"


@pytest.mark.parametrize(
    ("gateway", "words"),
    [
        ({"MIDTRANS_BASE_URL": SANDBOX}, "MIDTRANS_BASE_URL is set without MIDTRANS_SERVER_KEY"),
        ({"MIDTRANS_SERVER_KEY": KEY}, "MIDTRANS_SERVER_KEY is a key of the sandbox"),
        ({"MIDTRANS_SERVER_KEY": "Mid-client-hunter2"}, "MIDTRANS_SERVER_KEY is the client key"),
        ({"MIDTRANS_SERVER_KEY": "Mid-server hunter2"}, "MIDTRANS_SERVER_KEY has spaces"),
        ({"MIDTRANS_SERVER_KEY": KEY, "MIDTRANS_BASE_URL": "http://api.midtrans.com"}, "MIDTRANS_BASE_URL is"),
        ({"MIDTRANS_SERVER_KEY": KEY, "MIDTRANS_BASE_URL": f"{SANDBOX}/v2"}, "MIDTRANS_BASE_URL is"),
        ({"MIDTRANS_SERVER_KEY": KEY, "MIDTRANS_BASE_URL": "https://x:99999"}, "MIDTRANS_BASE_URL is"),
        ({"MIDTRANS_SERVER_KEY": KEY, "MIDTRANS_BASE_URL": "midtrans"}, "MIDTRANS_BASE_URL is"),
        ({"MIDTRANS_PAYMENT_TYPE": "cash"}, "MIDTRANS_PAYMENT_TYPE is 'cash'"),
    ],
)
def test_half_a_payment_gateway_stops_the_start(gateway: dict[str, str], words: str) -> None:
    told = {
        "key": gateway.get("MIDTRANS_SERVER_KEY", ""),
        "base_url": gateway.get("MIDTRANS_BASE_URL", MIDTRANS_PRODUCTION),
        "payment_type": gateway.get("MIDTRANS_PAYMENT_TYPE", "qris"),
    }
    (fault,) = midtrans_faults(**told)
    assert fault.startswith(words)
    assert "hunter2" not in fault
    with override_settings(
        **{f"MIDTRANS_{'SERVER_' if name == 'key' else ''}{name.upper()}": told[name] for name in told}
    ):
        (error,) = check_midtrans()
    assert (error.id, error.msg) == ("cashdesk.E040", fault)


def test_the_start_asks_for_the_whole_payment_gateway(tmp_path: Path) -> None:
    refused = start({"MIDTRANS_SERVER_KEY": KEY}, folder=tmp_path)
    assert "MIDTRANS_SERVER_KEY is a key of the sandbox" in refused.stderr
    assert "hunter2" not in refused.stderr
    started = start({**RIGHT, "MIDTRANS_SERVER_KEY": KEY, "MIDTRANS_BASE_URL": SANDBOX}, folder=tmp_path)
    assert started.returncode == 0, started.stderr


@pytest.mark.parametrize(
    "url", ["https://api.midtrans.com/", "http://127.0.0.1:8099", "http://[::1]:1", "http://localhost"]
)
def test_a_gateway_may_be_https_or_on_this_machine(url: str) -> None:
    assert midtrans_faults(key="Mid-server-x", base_url=url, payment_type="gopay") == []


SENDER = "Cashdesk <cash@shop.example>"
SERVER = "smtp+tls://me%40shop.example:hunter2@mail.example:587"


@pytest.mark.parametrize(
    ("url", "sender", "words"),
    [
        ("mail.example", SENDER, "EMAIL_URL begins with an unknown scheme"),
        ("https://me:hunter2@mail.example", SENDER, "EMAIL_URL begins with an unknown scheme"),
        ("smtp+tls://", SENDER, "EMAIL_URL names no host"),
        ("smtp+tls://:587", SENDER, "EMAIL_URL names no host"),
        ("smtp+tls://[::1:587", SENDER, "EMAIL_URL names no host"),
        ("consolemail://", SENDER, "EMAIL_URL is consolemail://"),
        (SERVER, "", "DEFAULT_FROM_EMAIL is no address"),
        (SERVER, "Cashdesk", "DEFAULT_FROM_EMAIL is no address"),
        (SERVER, "Cashdesk <cashdesk@localhost>", "DEFAULT_FROM_EMAIL is missing"),
    ],
)
def test_half_a_mail_server_stops_the_start(url: str, sender: str, words: str) -> None:
    (fault,) = mail_faults(url=url, sender=sender, is_production=True)
    assert fault.startswith(words)
    assert "hunter2" not in fault


def test_mail_may_be_off_and_a_developer_may_read_mails_in_the_console() -> None:
    assert mail_faults(url="", sender="", is_production=True) == []
    assert mail_faults(url="consolemail://", sender="Cashdesk <cashdesk@localhost>", is_production=False) == []


def test_the_start_asks_for_the_sender_of_mails(tmp_path: Path) -> None:
    refused = start({**RIGHT, "EMAIL_URL": SERVER}, folder=tmp_path)
    assert "DEFAULT_FROM_EMAIL is missing" in refused.stderr
    assert "hunter2" not in refused.stderr
    started = start({**RIGHT, "EMAIL_URL": SERVER, "DEFAULT_FROM_EMAIL": SENDER}, folder=tmp_path)
    assert started.returncode == 0, started.stderr


def test_no_fault_shows_the_secret(tmp_path: Path) -> None:
    refused = start({**RIGHT, "SECRET_KEY": "hunter2hunter2", "ALLOWED_HOSTS": ""}, folder=tmp_path)
    assert refused.returncode != 0
    assert "hunter2" not in refused.stderr


def test_development_starts_with_nothing_and_without_debug(tmp_path: Path) -> None:
    started = start({}, folder=tmp_path)
    assert started.returncode == 0, started.stderr
    assert "'DEBUG': False" in started.stdout
    assert "'SESSION_COOKIE_SECURE': False" in started.stdout
