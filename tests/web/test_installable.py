"""What a browser installs: the manifest and its icons, the service worker, and which pages the worker may keep."""

import json
import re
import struct
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from cashdesk.enums import Language
from cashdesk.web import installable
from cashdesk.web.kept_pages import KEPT_HEADER, OWNER_HEADER
from tests.cashdesk.desk import open_drawer
from tests.screens.desk import Browser
from tests.stories import Cast

STATIC: Final = Path(installable.WORKER).parent
KEPT: Final = ("/desk/count", "/desk/hand-over", "/desk/pay-in", "/desk/pay-out", "/desk/drop")


def png_size(data: bytes) -> tuple[int, int]:
    """Returns the width and the height of a PNG file."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert data[12:16] == b"IHDR"
    return struct.unpack(">II", data[16:24])


def content_of(answer: Any) -> bytes:
    """Returns the body, which WhiteNoise streams."""
    return b"".join(answer) if answer.streaming else answer.content


@pytest.mark.parametrize("language", Language.values)
def test_the_manifest_is_in_the_language_of_the_page(language: str) -> None:
    answer = Client().get(f"/manifest.webmanifest?language={language}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/manifest+json")
    told = json.loads(answer.content)
    assert told["lang"] == language
    assert told["dir"] == "ltr"
    assert (told["name"], told["start_url"], told["scope"], told["display"]) == ("Cashdesk", "/", "/", "standalone")
    assert (told["description"].startswith("Count every drawer")) == (language == "en")


def test_an_unknown_language_has_no_manifest_and_no_offline_page(db: None) -> None:
    assert Client().get("/manifest.webmanifest?language=xx").status_code == 404
    assert Client().get("/offline?language=xx").status_code == 404


def test_each_icon_is_what_the_manifest_says() -> None:
    told = json.loads(Client().get("/manifest.webmanifest").content)
    assert {(icon["sizes"], icon["purpose"]) for icon in told["icons"]} == {
        ("any", "any"), ("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")
    }  # fmt: skip
    for icon in told["icons"]:
        answer = Client().get(icon["src"])
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, icon["type"])
        body = content_of(answer)
        assert len(body) < 10_000
        if icon["type"] == "image/png":
            assert "x".join(map(str, png_size(body))) == icon["sizes"]


def test_browsers_find_the_icons_that_they_ask_for_at_the_root() -> None:
    favicon = Client().get("/favicon.ico")
    assert favicon.status_code == 200
    body = content_of(favicon)
    _zero, kind, count = struct.unpack("<HHH", body[:6])
    assert kind == 1
    for number in range(count):
        width, height, *_rest, length, at = struct.unpack("<BBBBHHII", body[6 + 16 * number : 22 + 16 * number])
        assert png_size(body[at : at + length]) == (width, height)
    touch = Client().get("/apple-touch-icon.png")
    assert (touch.status_code, touch.headers["Content-Type"]) == (200, "image/png")
    assert png_size(content_of(touch)) == (180, 180)


def test_the_colours_outside_a_page_are_the_tokens_of_its_ground() -> None:
    light, dark = re.findall(r"--paper: (#\w+);", (STATIC / "tokens.css").read_text(encoding="utf-8"))[:2]
    told = json.loads(Client().get("/manifest.webmanifest").content)
    assert told["theme_color"] == told["background_color"] == light
    page = Client().get("/offline?language=en").content.decode()
    assert re.findall(r'<meta name="theme-color" content="(#\w+)" media="\(prefers-color-scheme: (\w+)\)">', page) == [
        (light, "light"),
        (dark, "dark"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/sign-in", "/about", "/offline?language=en", "/admin/login/", "/api/v1/docs", "/nowhere"]
)
def test_every_page_names_the_manifest_and_the_icons(path: str) -> None:
    page = Client().get(path, headers={"accept": "text/html"}).content.decode()
    for link in (
        'rel="manifest" href="/manifest.webmanifest?language=en"',
        'cashdesk/favicon.svg"',
        "/apple-touch-icon.png",
    ):
        assert link in page


def test_the_worker_is_small_and_is_asked_for_each_time() -> None:
    answer = Client().get("/service-worker.js")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert "no-cache" in answer.headers["Cache-Control"]
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]  # binds what the worker may fetch
    assert len(installable.WORKER.read_text(encoding="utf-8").splitlines()) <= 150
    head = answer.content.decode().splitlines()[:3]
    assert re.fullmatch(r'const VERSION = "[0-9a-f]{16}";', head[0])
    pages = json.loads(head[1].removeprefix("const OFFLINE_PAGES = ").removesuffix(";"))
    assert list(pages) == Language.values
    assert head[2] == 'const STATIC = "/static/";'


def test_a_deployment_with_other_files_or_words_replaces_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    made = installable._worker.__wrapped__
    before = made()
    assert made() == before
    monkeypatch.setattr(installable.staticfiles_storage, "manifest_hash", "another", raising=False)
    with_other_files = made()
    monkeypatch.undo()
    monkeypatch.setattr(installable, "_offline_page", lambda language: f"other words in {language}")
    assert len({before, with_other_files, made()}) == 3


@pytest.mark.parametrize("language", Language.values)
def test_the_offline_page_is_the_same_for_everybody_and_needs_only_files(language: str, cast: Cast) -> None:
    answer = Client().get(f"/offline?language={language}")
    page = answer.content.decode()
    assert answer.headers["Content-Language"] == language
    assert f'<html lang="{language}"' in page
    assert Browser(cast.carla).get(f"/offline?language={language}").content.decode() == page
    assert "csrf" not in page
    for name in re.findall(r'(?:href|src)="/static/([^"]+)"', page):
        assert finders.find(name), name


def test_only_the_forms_of_the_desk_may_be_kept(cast: Cast) -> None:
    open_drawer(cast.carla, 100_00)
    carla, erika = Browser(cast.carla), Browser(cast.erika)
    for path in KEPT:
        answer = carla.get(path)
        assert answer.headers[KEPT_HEADER] == "3600", path
        assert answer.headers[OWNER_HEADER], path
        assert KEPT_HEADER not in carla.get(f"{path}?notice=x").headers
    # With a refusal, or as the review of a count.
    assert KEPT_HEADER not in carla.fill("/desk/pay-in", {"amount": "nothing"}).headers
    assert KEPT_HEADER not in carla.fill("/desk/count", {"amount": "100", "step": "review"}).headers
    for person, paths in (
        (carla, ("/desk", "/desk/open", "/account", "/nowhere", "/sign-in", "/about", "/api/v1/docs")),
        (erika, ("/today", "/drawers", "/admin/", "/variances", "/api/v1/cash/status", *KEPT)),
    ):
        for path in paths:
            assert KEPT_HEADER not in person.get(path).headers, path


def test_a_page_names_the_sign_in_and_not_the_person(cast: Cast) -> None:
    carla, again, bruno = Browser(cast.carla), Browser(cast.carla), Browser(cast.bruno)
    owners = [one.get("/desk").headers[OWNER_HEADER] for one in (carla, again, bruno)]
    assert len(set(owners)) == 3
    assert carla.get("/account").headers[OWNER_HEADER] == owners[0]
    for path in ("/sign-in", "/about", "/nowhere"):
        assert OWNER_HEADER not in Browser().get(path).headers
    for headers in chain([carla.get("/api/v1/cash/status").headers], [carla.get("/service-worker.js").headers]):
        assert OWNER_HEADER not in headers


def test_a_page_is_kept_for_no_longer_than_the_sign_in_lasts(cast: Cast, settings: Any) -> None:
    open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    settings.SESSION_IDLE_MINUTES = 20
    assert carla.get("/desk/count").headers[KEPT_HEADER] == "1200"
    settings.SESSION_IDLE_MINUTES, settings.ACCESS_TOKEN_HOURS = 10**6, 10**6
    assert carla.get("/desk/count").headers[KEPT_HEADER] == "86400"
    settings.ACCESS_TOKEN_HOURS = 1
    assert 3590 <= int(carla.get("/desk/count").headers[KEPT_HEADER]) <= 3600
