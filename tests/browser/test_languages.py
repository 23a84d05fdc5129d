"""A cashier's day on a phone in each language: local amounts, no page too wide, and no amount misread."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.screen import PHONE, Screen
from tests.browser.test_desk import enter_total
from tests.factories import PASSWORD
from tests.stories import make_cast

pytestmark = pytest.mark.browser


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of a day in a language, and how people there type and read an amount."""

    language: str
    currency: str
    name: str
    password: str
    sign_in: str
    opens: str
    counts: str
    looks: str
    closes: str
    matches: str
    typed: str
    written: str


DAYS = (
    Words(
        language="de", currency="EUR", name="Benutzername", password="Passwort", sign_in="Anmelden",
        opens="Kassenlade öffnen", counts="Zählen und schließen", looks="Zählung prüfen", closes="Kassenlade schließen",
        matches="Die Kassenlade stimmt", typed="1.250,50 €", written="1.250,50 €",
    ),
    Words(
        language="es", currency="MXN", name="Usuario", password="Contraseña", sign_in="Iniciar sesión",
        opens="Abrir", counts="Contar y cerrar", looks="Revisar el conteo", closes="Cerrar el cajón",
        matches="El cajón cuadra", typed="1,250.5", written="$1,250.50",
    ),
    Words(
        language="pt-br", currency="BRL", name="Usuário", password="Senha", sign_in="Entrar",
        opens="Abrir", counts="Contar e fechar", looks="Conferir a contagem", closes="Fechar a gaveta",
        matches="A gaveta confere", typed="1250,50", written="R$ 1.250,50",
    ),
    Words(
        language="id", currency="IDR", name="Nama pengguna", password="Kata sandi", sign_in="Masuk",
        opens="Buka laci kas", counts="Hitung dan tutup", looks="Periksa hitungan", closes="Tutup laci kas",
        matches="Laci kas cocok", typed="Rp 1.250.500", written="Rp 1.250.500",
    ),
)  # fmt: skip


@pytest.mark.parametrize("words", DAYS, ids=lambda words: words.language)
def test_a_day_in_each_language_on_a_phone(chromium: Browser, live_server: object, words: Words) -> None:
    cast = make_cast(language=words.language, currency=words.currency)
    screen = Screen(chromium, origin=live_server.url, **PHONE)
    page = screen.visit("/sign-in")
    page.locator(f".languages [value={words.language}]").click()
    expect(page.locator("html")).to_have_attribute("lang", words.language)

    def look() -> None:
        assert screen.overhang == 0, page.url
        assert screen.barriers() == [], page.url

    page.get_by_label(words.name).fill("carla")
    page.get_by_label(words.password).fill(PASSWORD)
    look()
    page.get_by_role("button", name=words.sign_in, exact=True).click()
    page.wait_for_url("**/desk")
    look()
    page.get_by_role("link", name=words.opens).click()
    page.wait_for_url("**/desk/open")
    enter_total(page, words.typed, field="[data-amount]")
    expect(page.locator("[data-total-figure]").first).to_have_text(words.written)
    look()
    page.get_by_role("button", name=words.looks).click()
    expect(page.locator("#review .sum").get_by_text(words.written)).to_be_visible()
    look()
    page.get_by_role("button", name=words.opens).click()
    page.wait_for_url("**/desk?*")
    expect(page.get_by_text(words.written)).to_be_visible()
    look()
    page.get_by_role("link", name=words.counts).click()
    page.wait_for_url("**/desk/count")
    enter_total(page, words.typed, field="[data-amount]")
    page.get_by_role("button", name=words.looks).click()
    expect(page.locator("#review .sum").get_by_text(words.written)).to_be_visible()
    look()
    page.get_by_role("button", name=words.closes).click()
    page.wait_for_url("**/desk/sessions/*")
    expect(page.get_by_role("heading", level=1)).to_have_text(words.matches)
    look()
    cast.carla.refresh_from_db()
    assert not cast.carla.language  # what was chosen before signing in is this browser's, and the store spoke the same
    assert screen.complaints == []
    screen.close()
