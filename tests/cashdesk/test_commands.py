"""A command fails for an unknown store, so that nobody takes its silence for a good result."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from cashdesk.enums import Scope
from tests.stories import Cast

KEY = ("till", "--scope", Scope.PAYMENTS_WRITE)
EXPORT = ("--from", "2026-03-01", "--to", "2026-03-02")


def run(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.parametrize("store", ["nope", "", " ", "13370", "00000000-0000-0000-0000-000000000000", "1337\0"])
@pytest.mark.parametrize(
    "command",
    [
        ("verify",),
        ("close_days",),
        ("export", "movements", *EXPORT),
        ("issue_key", *KEY, "--account", "Muster Retail"),
    ],
    ids=lambda command: command[0],
)
def test_a_store_that_is_not_there_fails_the_command(cast: Cast, command: tuple[str, ...], store: str) -> None:
    with pytest.raises(CommandError, match="store"):
        run(*command, f"--store={store}")


def test_the_stores_there_are_are_named(cast: Cast) -> None:
    with pytest.raises(CommandError, match="there is no store 'nope' here; there are: 1337"):
        run("verify", "--store=nope")


@pytest.mark.parametrize("account", ["nope", ""])
def test_an_account_that_is_not_there_fails_the_command(cast: Cast, account: str) -> None:
    with pytest.raises(CommandError, match="account"):
        run("issue_key", *KEY, f"--account={account}")


def test_a_store_is_named_by_number_or_uuid(cast: Cast) -> None:
    assert run("verify", "--store=1337") == "The books of 2 stores are correct.\n"  # of two accounts
    assert run("verify", f"--store={cast.store.uuid}") == "The books of 1 stores are correct.\n"


def test_a_store_that_is_switched_off_is_named_like_any_other(cast: Cast) -> None:
    type(cast.store).objects.filter(number="1337").update(is_active=False)
    assert run("close_days", "--store=1337") == ""
    assert run("verify", "--store=1337") == "The books of 2 stores are correct.\n"
