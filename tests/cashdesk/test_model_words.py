"""Models say their words in the language of the page, and programs get them in English (docs/languages.md)."""

import re
from pathlib import Path

import pytest
from django.db import models
from django.db.migrations.state import ModelState
from django.utils.functional import Promise
from django.utils.translation import override

from cashdesk.enums import Language, SessionStatus
from cashdesk.models import CashSession, Store, User, Vendor
from cashdesk.web.description.view import _written
from tests.messages import APPS, ROOT


def test_names_helps_and_choices_follow_the_language_of_the_page() -> None:
    status = CashSession._meta.get_field("status")
    with override("de"):
        assert str(CashSession._meta.verbose_name) == "Kassensitzung"
        assert str(CashSession._meta.verbose_name_plural) == "Kassensitzungen"
        assert str(CashSession._meta.get_field("opened_at").verbose_name) == "Geöffnet am"
        assert str(CashSession._meta.get_field("expected_amount").help_text) == "Beim Abschluss festgehalten."
        assert str(dict(status.flatchoices)["OPEN"]) == "Offen"
        assert CashSession(status="OPEN").get_status_display() == "Offen"
    with override("en"):
        assert str(CashSession._meta.get_field("opened_at").verbose_name) == "opened at"
        assert CashSession(status="OPEN").get_status_display() == "Open"


def test_a_plural_that_django_made_is_translated_too() -> None:
    with override("es"):
        assert str(Vendor._meta.verbose_name_plural) == "marcas"


def test_labels_of_enumerations_stay_english() -> None:
    with override("de"):
        assert SessionStatus.OPEN.label == "Open"
        assert not any(isinstance(label, Promise) for label in SessionStatus.labels)


def test_each_language_keeps_its_own_name() -> None:
    with override("de"):
        assert list(User._meta.get_field("language").flatchoices) == Language.choices


@pytest.mark.parametrize("model", [CashSession, Store], ids=lambda model: model.__name__)
def test_migrations_keep_the_english_words(model: type[models.Model]) -> None:
    state = ModelState.from_model(model)
    with override(None):
        for name, field in state.fields.items():
            own = model._meta.get_field(name).clone()
            assert own._verbose_name == field._verbose_name  # type: ignore[attr-defined]  # the stubs leave it out
            assert field.help_text == str(own.help_text)
    assert "verbose_name_plural" not in state.options


def test_the_description_of_the_api_is_english_whoever_asks_first() -> None:
    media_type = "application/vnd.oai.openapi"
    with override("en"):
        english = _written.__wrapped__(media_type)
    with override("de"):
        assert _written.__wrapped__(media_type) == english


PROGRAMS = sorted(
    path
    for app in APPS
    for room in ("api", "exports", "management", "web")
    for path in (ROOT / app / room).rglob("*.py")
)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_text_for_programs_takes_no_word_of_a_model(path: Path) -> None:
    """`get_status_display` and `verbose_name` follow the language of a page. `.label` and `verbose_name_raw` do not."""
    assert re.findall(r"get_\w+_display|\.verbose_name(?:_plural)?\b(?!_raw)", path.read_text()) == []
