"""The language of a page and its amounts. Answers for programs never change."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from cashdesk.enums import Language
from cashdesk.models import AuditEntry, User
from tests.cashdesk.desk import open_drawer
from tests.screens.desk import Browser
from tests.stories import Cast, caller, counted_queries, make_cast

LANGUAGES = Language.values


def speaks(page: Any) -> str:
    """Returns the language of a page. Asserts that its HTML and its header agree."""
    said = page.content.decode().partition('<html lang="')[2].partition('"')[0]
    assert page.headers["Content-Language"] == said
    assert {"Accept-Language", "Cookie"} <= set(page.headers["Vary"].split(", "))
    return str(said)


def test_the_settings_offer_the_languages_of_the_house() -> None:
    assert list(Language.choices) == settings.LANGUAGES


@pytest.mark.parametrize(
    ("own", "store", "cookie", "accepted", "spoken"),
    [
        ("de", "es", "id", "pt-BR", "de"),
        ("", "es", "id", "pt-BR", "es"),
        (None, None, "id", "pt-BR", "id"),
        (None, None, "xx", "pt-BR", "pt-br"),
        (None, None, "", "pt-PT,pt;q=0.9", "pt-br"),
        (None, None, "", "de-AT,de;q=0.9,en;q=0.8", "de"),
        (None, None, "", "fr", "en"),
        (None, None, "", "", "en"),
    ],
)
def test_the_person_is_asked_then_the_store_then_the_browser(
    cast: Cast, own: str | None, store: str | None, cookie: str, accepted: str, spoken: str
) -> None:
    client = Client(headers={"Accept-Language": accepted})
    client.cookies["language"] = cookie
    if own is not None:
        User.objects.filter(pk=cast.carla.pk).update(language=own)
        cast.store.language = store or "en"
        cast.store.save()
        client.force_login(cast.carla)
    for path in (*(("/about", "/sign-in") if own is None else ("/desk",)), "/nowhere"):
        assert speaks(client.get(path)) == spoken


def test_a_visitor_chooses_on_the_page_to_sign_in(db: None) -> None:
    visitor = Browser()
    visitor.get("/sign-in?next=/desk/count")
    visitor.send("/language", {"language": "de"})
    assert (visitor.page.status_code, visitor.page.headers["Location"]) == (303, "/sign-in?next=/desk/count")
    assert speaks(visitor.follow()) == "de"
    visitor.send("/language", {"language": "xx"})
    assert speaks(visitor.follow()) == "de"
    assert visitor.send("/language", {"language": "es", "back": "//elsewhere.example"}).headers["Location"] == "/"
    assert visitor.get("/language").status_code == 405


def test_somebody_signed_in_chooses_for_themselves(cast: Cast) -> None:
    carla = Browser(cast.carla)
    assert '<input type="hidden" name="back" value="/desk">' in carla.get("/desk").content.decode()
    assert carla.send("/language", {"language": "id", "back": "/desk"}).headers["Location"] == "/desk"
    assert "language" not in carla.client.cookies
    assert speaks(carla.follow()) == "id"
    assert speaks(Browser(cast.carla).get("/desk")) == "id"
    assert speaks(Browser(cast.bruno).get("/desk")) == "en"
    noted = AuditEntry.objects.get(action="person.language_chosen")
    assert (noted.user, noted.subject, noted.detail) == (cast.carla, f"user:{cast.carla.pk}", {"language": "id"})


def test_a_page_costs_the_same_in_every_language(cast: Cast) -> None:
    cost = {}
    for language in LANGUAGES:
        User.objects.filter(pk=cast.carla.pk).update(language=language)
        carla = Browser(cast.carla)
        with counted_queries() as queries:
            carla.get("/desk")
        cost[language] = len(queries)
    assert len(set(cost.values())) == 1, cost
    with counted_queries() as queries:
        for path in ("/", "/about", "/sign-in", "/nowhere"):
            Client().get(path)
    # The sign-in page asks whether there is a store at all.
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("language", "currency", "float_typed", "paid_typed", "shown"),
    [
        ("de", "EUR", "1.250,50", "12,5", ("1.250,50 €", "12,50 €")),
        ("de", "EUR", "1250,50", "12.50", ("1.250,50 €", "12,50 €")),
        ("es", "CLP", "125.050", "1250", ("$125.050", "$1.250")),
        ("es", "MXN", "1,250.50", "12.50", ("$1,250.50", "$12.50")),
        ("pt-br", "BRL", "1.250,5", "12,50", ("R$ 1.250,50", "R$ 12,50")),
        ("id", "IDR", "125.050", "1.250", ("Rp 125.050", "Rp 1.250")),
        ("en", "EUR", "1,250.50", "12,50", ("€1,250.50", "€12.50")),
    ],
)
def test_amounts_are_typed_and_written_as_in_the_store_whatever_the_words(
    language: str, currency: str, float_typed: str, paid_typed: str, shown: tuple[str, str], db: None
) -> None:
    cast = make_cast(currency=currency, language=language)
    User.objects.filter(pk=cast.carla.pk).update(language="en")
    carla = Browser(cast.carla)
    assert carla.fill("/desk/open", {"step": "open", "amount": float_typed}).status_code == 303
    carla.fill("/desk/pay-in", {"amount": paid_typed, "reason": "change"})
    carla.follow()
    assert f"Float {shown[0]}" in carla.text
    assert f"Paid in: {shown[1]} (change)" in carla.text
    carla.fill("/desk/count", {"amount": float_typed})
    assert f"You counted {shown[0]}" in carla.text


def test_a_store_in_ecuador_writes_its_dollars_with_a_comma(db: None) -> None:
    cast = make_cast(currency="USD", language="es", time_zone="America/Guayaquil")
    carla, erika = Browser(cast.carla), Browser(cast.erika)
    assert carla.fill("/desk/open", {"step": "open", "amount": "1.250"}).status_code == 303
    carla.follow()
    assert "$1.250,00" in carla.text
    erika.get(f"/reports/registers/{cast.store.uuid}/1/x")
    assert "1.250,00" in erika.text


def test_a_report_is_written_as_in_the_store_that_it_tells_of(cast: Cast) -> None:
    cast.store.language = "de"
    cast.store.save()
    open_drawer(cast.carla, 1250_50, at=datetime(2026, 3, 10, 9, 0, tzinfo=UTC))
    anna = Browser(cast.anna)
    anna.get(f"/reports/registers/{cast.store.uuid}/1/x")
    assert "1.250,50" in anna.text
    assert "10.03.2026 10:00:00 CET" in anna.text
    anna.get("/desk")
    assert speaks(anna.page) == "en"


def test_programs_are_answered_in_english_with_plain_numbers(cast: Cast) -> None:
    """The answers are equal to the byte in every language of the person, the store and the browser."""
    plain = _answers(cast)
    User.objects.update(language="de")
    cast.store.language = "de"
    cast.store.save()
    assert _answers(cast, "de-DE,de") == plain
    assert b"Enter a number with a point" in plain[0]


def _answers(cast: Cast, accepted: str = "en") -> list[bytes]:
    carla = caller(cast.carla)
    carla.client = Client(headers={"Accept-Language": accepted})
    carla.client.cookies["language"] = accepted[:2]
    answers = [
        carla.post("/cash/open", {"start_amount": "1.250,50"}),
        carla.post("/cash/open"),
        carla.get("/cash/sessions?limit=x"),
        carla.post("/cash/close", {"final_cash_declared": 1}),
        carla.get("/shifts/current"),
        carla.get("/nowhere"),
        carla.get("/payment-methods"),
    ]
    assert not any("Content-Language" in answer.headers for answer in answers)
    # What differs from one request to the next: ids, and the token of a form.
    return [re.sub(rb'token" value="\w+"|[0-9a-f-]{36}', b"", answer.content) for answer in answers]
