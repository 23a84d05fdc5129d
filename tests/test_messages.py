"""Every word of the pages is marked and translated, and no page shows untranslated English (docs/languages.md)."""

import ast
import gettext
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from django.db.models.enums import ChoicesType
from django.utils.translation import to_locale

from cashdesk.enums import Language
from cashdesk.models import User
from tests.messages import ROOT, catalogs, read, source
from tests.page_words import words_of
from tests.screens.desk import Browser
from tests.stories import Cast

PAGES = ("cashdesk", "settlements", "reconciliations")
LANGUAGES = {language: to_locale(language) for language in Language.values if language != Language.ENGLISH}

ENGLISH_EVERYWHERE = {"Cashdesk", "A4", "mm"}


@pytest.fixture(scope="module")
def marked() -> Catalog:
    return source()


def test_every_language_but_english_has_a_catalog() -> None:
    assert set(catalogs()) == set(LANGUAGES.values())


@pytest.mark.parametrize(("language", "path"), catalogs().items())
def test_a_catalog_has_every_marked_word_and_no_other(language: str, path: Path, marked: Catalog) -> None:
    catalog = read(path)
    there, wanted = {_key(message) for message in catalog}, {_key(message) for message in marked}
    assert sorted(map(str, wanted - there)) == [], "run `make messages`, and translate what is empty"
    assert sorted(map(str, there - wanted)) == [], "run `make messages`: nothing says this any more"
    for message in catalog:
        if not message.id:
            continue
        forms = _forms(message)
        assert all(forms), f"{language}: {message.id} is not translated"
        assert len(forms) == (catalog.num_plurals if isinstance(message.id, tuple) else 1), message.id
        assert not message.fuzzy, message.id
        said = message.id[-1] if isinstance(message.id, tuple) else message.id
        for form in forms:
            assert _placeholders(form) == _placeholders(said), f"{language}: {form}"


@pytest.mark.parametrize("path", catalogs().values())
def test_the_head_over_banknotes_does_not_say_memos(path: Path) -> None:
    catalog = read(path)
    head, both = catalog.get("Notes", context="banknotes"), catalog.get("Notes and coins")
    assert head is not None
    assert both is not None
    assert str(both.string).startswith(f"{head.string} ")


def test_german_has_one_word_for_a_password() -> None:
    """Django's own German says "Passwort" on the same pages."""
    assert [str(message.id) for message in read(catalogs()["de"]) if "ennw" in str(message.string)] == []


@pytest.mark.parametrize("path", catalogs().values(), ids=lambda path: path.parts[-3])
def test_what_is_compiled_is_what_was_translated(path: Path) -> None:
    compiled = path.with_suffix(".mo")
    assert compiled.exists(), "run `make .venv/.ready`"
    with compiled.open("rb") as file:
        programs = gettext.GNUTranslations(file)
    for message in read(path):
        if isinstance(message.id, tuple) and message.string:
            assert programs.ngettext(message.id[0], message.id[1], 1) == message.string[0], "run `make .venv/.ready`"
        elif isinstance(message.id, str) and message.id:
            known = programs.pgettext(message.context, message.id) if message.context else programs.gettext(message.id)
            assert known == message.string, "run `make .venv/.ready`"


AWKWARD = {
    "de": r"(?i:\b(du|dich|dir|dein\w*)\b)|[«»”]|\w…",
    "es": r"(?i:\b(tú|te|ti|tus?|vos)\b)| …|^[^¿]*\?|^[^¡]*!",
    "id": r"(?i:\b(kamu|engkau)\b)| …",
    "pt_BR": r"(?i:\b(tu|teus?|tuas?|vós)\b)| …",
}
"""What a reader of the language stumbles over: the wrong form of address, the marks of another language."""


@pytest.mark.parametrize(("language", "path"), catalogs().items())
def test_a_catalog_keeps_to_the_form_of_address_and_the_marks_of_its_language(language: str, path: Path) -> None:
    said = [form for message in read(path) if message.id for form in _forms(message)]
    assert [form for form in said if re.search(AWKWARD[language], form) or '"' in form] == []


def _forms(message: Any) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def _key(message: Any) -> Any:
    return (message.context or "", message.id) if message.id else ("", "")


def _placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[sd]|\{\w+\}", text))


# --- What is marked ---------------------------------------------------------------------------------------------------


TEMPLATES = [path for app in (*PAGES, "admin") for path in sorted((ROOT / "templates" / app).rglob("*.html"))]


BLOCKS_OF_ATTRIBUTES = {
    name
    for path in TEMPLATES
    for tag in re.findall(r"<\w[^<>]*{% block [^<>]*>", path.read_text())
    for name in re.findall(r"{% block (\w+) %}", tag)
} | {"bodyclass", "coltype"}
"""Blocks that stand inside a tag of a base page, ours or Django's: what fills them are attributes, no words."""


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_word_of_a_page_is_marked(path: Path) -> None:
    text = re.sub(r"{% (comment|blocktranslate)\b.*?{% end\1 %}", "", path.read_text(), flags=re.DOTALL)
    for name in BLOCKS_OF_ATTRIBUTES:
        text = re.sub(rf"{{% block {name} %}}.*?{{% endblock %}}", "", text, flags=re.DOTALL)
    # A part in single braces is filled in by its screen, as a part in double braces is by the template.
    html = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}|{[a-z_]+}", "", text, flags=re.DOTALL)
    words = re.findall(r"[^\W\d_]{2,}", " ".join(word for word in words_of(html) if "width=device-width" not in word))
    assert set(words) <= ENGLISH_EVERYWHERE | {"light", "dark"}


def test_what_a_screen_says_of_a_field_is_marked() -> None:
    unmarked = []
    for app in PAGES:
        for path in [*(ROOT / app / "screens").glob("*.py"), *(ROOT / app / "forms").glob("*.py")]:
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call) and "InvalidInput" in ast.unparse(call.func):
                    said = call.args[1] if isinstance(call.func, ast.Attribute) else call.args[0]
                    unmarked += (
                        [f"{path.name}: {ast.unparse(said)}"] if isinstance(said, ast.Constant | ast.JoinedStr) else []
                    )
    assert unmarked == []


def test_a_field_error_is_a_whole_sentence_on_pages() -> None:
    """Only published texts may be predicates ("must not be negative."). A translated text may appear on a page."""
    predicates = []
    for app in PAGES:
        for path in (ROOT / app).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text())):
                if not isinstance(call, ast.Call) or ast.unparse(call.func) not in ("InvalidInput.of", "Forbidden"):
                    continue
                texts = [text for argument in (*call.args, *call.keywords) for text in _translated_in(argument)]
                if any(text[0].islower() for text in texts) and not any(key.arg == "on_pages" for key in call.keywords):
                    predicates.append(f"{path.name}: {ast.unparse(call)}")
    assert predicates == []


def _translated_in(node: ast.AST) -> list[str]:
    """Returns the texts that an expression translates."""
    calls = [call for call in ast.walk(node) if isinstance(call, ast.Call) and ast.unparse(call.func) == "_"]
    return [call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)]


def test_no_label_says_vault() -> None:
    """Pages and the back office say safe (docs/languages.md)."""
    enums = (import_module(f"{app}.enums") for app in PAGES)
    choices = {one for enum in enums for one in vars(enum).values() if isinstance(one, ChoicesType)}
    labels = {str(label) for one in choices for label in one.labels}
    assert "Safe" in labels
    assert [label for label in labels if "vault" in label.lower()] == []


# --- What is shown ----------------------------------------------------------------------------------------------------


def _day_of(carla: Browser) -> list[str]:
    """Returns the HTML of every page of a cashier's day."""
    seen: list[str] = []

    def look(page: Any) -> None:
        assert page.status_code != 303
        seen.append(page.content.decode())

    for path in ("/desk", "/desk/open"):
        look(carla.get(path))
    look(carla.send("/desk/open", {"step": "open", "amount": "x", "pieces-500": "y"}))
    look(carla.fill("/desk/open", {"step": "open", "amount": "1", "pieces-500": "1", "pieces-200": "1"}))
    carla.fill("/desk/open", {"step": "open", "amount": "10"})
    look(carla.follow())
    for path, typed in (
        ("/desk/pay-in", {}),
        ("/desk/pay-out", {"reason": "x" * 51, "note": "x" * 501}),
        ("/desk/drop", {"amount": "0"}),
        ("/desk/count", {"pieces-500": "10000001"}),
    ):
        look(carla.get(path))
        look(carla.send(path, typed))
    carla.fill("/desk/drop", {"amount": "5"})
    look(carla.follow())
    look(carla.fill("/desk/count", {"pieces-500": "1", "step": "review"}))
    carla.send("/desk/count", {"step": "close"})
    look(carla.follow())
    look(carla.get("/desk?notice=closed-meanwhile"))
    look(carla.get("/desk?notice=nothing-open"))
    look(carla.get("/reports/registers"))
    return seen


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_keeps_a_word_of_english(cast: Cast, language: str) -> None:
    cast.store.language = language
    cast.store.save()
    User.objects.filter(pk=cast.anna.pk).update(language=language)
    pages = _day_of(Browser(cast.carla))
    erika, visitor = Browser(cast.erika), Browser()
    visitor.client.cookies["language"] = language
    pages += [
        browser.get(path).content.decode()
        for browser, paths in (
            (visitor, ("/", "/sign-in?signed-out", "/nowhere")),
            (Browser(cast.anna), ("/desk",)),
            (
                erika,
                (
                    "/reports/registers",
                    "1337",
                    "1337/0/x",
                    "1337/1/x",
                    "1337/1/z",
                    "1337/1/z/1",
                    "1337/1/z/1?paper=slip",
                ),
            ),
            (erika, ("/reports/exports", "/reports/exports/file?table=x&store=x&from=1&to=2026-01-01&file=x&export=1")),
        )
        for path in (name if name.startswith("/") else f"/reports/registers/{name}" for name in paths)
    ]
    pages += [visitor.fill("/sign-in", typed).content.decode() for typed in ({}, {"name": "carla", "password": "no"})]
    catalog = read(catalogs()[LANGUAGES[language]])
    english = {str(message.id) for message in catalog if message.id and message.string != message.id}
    english = {" ".join(text.split()) for text in english}
    native = {str(message.string) for message in catalog if message.id}
    left = {word.strip(" ,:·–") for page in pages for word in words_of(page)} & (english - native)
    assert left == set()
    assert len(pages) > 30
