"""Every conversation under pages/ gets its published answers."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cashdesk.contributions import contributions
from tests.contracts.replay import PAGES, Mismatch, Replayer, page
from tests.midtrans.double import SERVER_KEY, running
from tests.stories import Cast, make_cast

PASSWORD_OF_THE_PAGE = "userpassword123"
CONVERSATIONS = sorted(PAGES.rglob("*.json"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", CONVERSATIONS, ids=[str(path.relative_to(PAGES).with_suffix("")) for path in CONVERSATIONS]
)
def test_the_page_is_answered(path: Path, settings: Any) -> None:
    conversation = page(path)
    if not conversation.get("gateway", False):
        _played(conversation)
        return
    with running() as double:
        settings.MIDTRANS_SERVER_KEY, settings.MIDTRANS_BASE_URL = SERVER_KEY, double.url
        _played(conversation)


def _played(conversation: Any) -> None:
    """Plays a conversation. Raises Mismatch."""
    cast = make_cast(**conversation["store"])
    cast.carla.set_password(PASSWORD_OF_THE_PAGE)
    cast.carla.save(update_fields=["password"])
    replayer = Replayer(cast=cast)
    for step in conversation["steps"]:
        replayer.play(step)  # raises Mismatch
    assert conversation["steps"]


def test_every_page_is_kept() -> None:
    names = {str(path.relative_to(PAGES).with_suffix("")) for path in CONVERSATIONS}
    assert {"cash_sessions/a_day", "shifts/a_shift", "shifts/payments", "both/a_day_in_two_vocabularies"} <= names
    assert {"settlements/a_register", "settlements/a_vault", "settlements/previews", "settlements/lists"} <= names


def test_every_prefix_of_a_dialect_has_a_conversation() -> None:
    paths = {step["path"] for path in CONVERSATIONS for step in page(path)["steps"] if "path" in step}
    prefixes = {prefix for one in contributions() for prefix in one.dialects}
    assert {prefix for prefix in prefixes if not any(f"{path}/".startswith(f"{prefix}/") for path in paths)} == set()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": None}, {}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": Decimal("1.0")}),
        ({"a": 1}, {"a": "1"}),
        ({"a": None}, {"a": 0}),
        ([1], [1, 1]),
        ([], {}),
        ("<id>", "7"),
        ("<id>", 0),
        ("<id>", True),
        ("<millis>", "1541435925364"),
        ("<millis>", 1541435925),
        ("<millis>", None),
        ("<uuid>", "7"),
        ("<time>", "2024-03-03T14:30:00+01:00"),
        ("<instant>", "2024-03-03T14:30:00Z"),
        ("<instant>", "2024-03-03T14:30:00.123456Z"),
        ("<text>", ""),
        ("since <time>.", "since then."),
        ("<erika>", 8),
        ("<uuid:shift>", "222e4567-e89b-12d3-a456-426614174201"),
    ],
)
def test_the_replayer_sees_every_difference(wanted: Any, found: Any) -> None:
    replayer = Replayer.__new__(Replayer)
    replayer.known = {"erika": 7, "shift": "222e4567-e89b-12d3-a456-426614174200"}
    with pytest.raises(Mismatch):
        replayer.compare(wanted, found, where="answer")


def test_the_replayer_takes_what_fits_and_remembers_it(cast: Cast) -> None:
    replayer = Replayer(cast=cast)
    found = {
        "id": 41,
        "shift": "222e4567-e89b-12d3-a456-426614174200",
        "at": "2024-03-03T14:30:00Z",
        "by": cast.erika.pk,
        "amount": Decimal("12.5"),
    }
    replayer.compare(
        {"id": "<id:session>", "shift": "<uuid>", "at": "<time>", "by": "<erika>", "amount": Decimal("12.5")},
        found,
        where="answer",
    )
    replayer.compare(
        "session <id:session> since <time>", "session 41 since 2024-03-03T14:30:00.123456Z", where="answer"
    )
    with pytest.raises(Mismatch):
        replayer.compare("session <id:session>", "session 42", where="answer")
