"""Drafts on the pages: saved while a person types, shown again, synchronised between devices, and discarded on request."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from cashdesk.models import CashSession, Draft, Movement
from cashdesk.web.drafts import DraftKey
from tests.cashdesk.desk import NOON, open_drawer
from tests.screens.desk import Browser, open_of
from tests.stories import Cast, counted_queries

FORMS: list[tuple[str, dict[str, str]]] = [
    ("/desk/open", {"pieces-2000": "007", "pieces-50": "x", "amount": "1,5", "station": "2"}),
    ("/desk/count", {"pieces-2000": "007", "pieces-50": "x", "amount": "1,5"}),
    ("/desk/pay-in", {"amount": "1,5", "reason": 'a "b"', "note": "ünote"}),
    ("/desk/pay-out", {"amount": "1,5", "reason": "<b>", "note": "n"}),
    ("/desk/drop", {"amount": "1,5", "note": "bag"}),
]


def at_form(cast: Cast, path: str) -> Browser:
    """Carla at one of her forms, with an open drawer if the form needs one."""
    if path != "/desk/open":
        open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    carla.get(path)
    return carla


def type_into(browser: Browser, typed: dict[str, str], *, device: str = "till", seen: int = 0, **changed: str) -> Any:
    """Sends the input as the script does after a key press."""
    form = {**browser.hidden(), **typed, "device": device, "seen": str(seen), **changed}
    return browser.client.post("/desk/draft", form)


def shown(browser: Browser, name: str) -> str:
    """Returns the value of a field, or its selected choice."""
    chosen = [
        line for line in browser.page.content.decode().split("<input") if f'name="{name}"' in line and "checked" in line
    ]
    if name == "station":
        return str(chosen[0].split('value="')[1].split('"')[0])
    return browser.value(name).replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">")


@pytest.mark.parametrize(("path", "typed"), FORMS)
def test_every_digit_is_there_again_on_another_device_until_it_is_thrown_away(
    cast: Cast, path: str, typed: dict[str, str]
) -> None:
    carla = at_form(cast, path)
    assert "We restored" not in carla.text
    saved = type_into(carla, typed)
    assert (saved.status_code, saved.content, saved.headers["Draft-Version"]) == (204, b"", "1")
    phone = Browser(cast.carla)
    phone.get(path)
    assert {name: shown(phone, name) for name in typed} == typed
    assert 'data-seen="1"' in phone.page.content.decode()
    assert (
        "We restored your count from" if path in ("/desk/open", "/desk/count") else "We restored your draft from"
    ) in phone.text
    assert "aria-invalid" not in phone.page.content.decode()
    token = phone.hidden()["draft"]
    phone.get(f"/desk/draft/anew?draft={token}")
    assert "Discard your" in phone.text
    doors = phone.page.content.decode().partition('class="doors"')[2]
    assert doors.index("Go back to the draft") < doors.index('class="button grave"') < doors.index("Discard draft")
    assert Draft.objects.exists()
    phone.send("/desk/draft/anew")
    assert phone.page.headers["Location"] == path
    phone.follow()
    assert "We restored" not in phone.text
    assert shown(phone, "amount") == ""
    assert not Draft.objects.exists()


def test_the_desk_leads_on_and_nobody_else_sees_it(cast: Cast) -> None:
    carla = at_form(cast, "/desk/open")
    type_into(carla, {"amount": "1"})
    Draft.objects.update(updated_at=NOON)
    carla.get("/desk")
    assert "13:00). Continue count" in carla.text
    open_drawer(cast.carla, 0)
    carla.get("/desk")
    assert "You started" not in carla.text
    carla.get("/desk/count")
    type_into(carla, {"amount": "2"})
    at = timezone.localtime(Draft.objects.get(subject__startswith="close").updated_at, timezone=zone(cast))
    carla.get("/desk")
    assert f"You started a count ({at:%H:%M}). Continue count" in carla.text
    for other in (cast.bruno, cast.erika):
        browser = Browser(other)
        for path in ("/desk", "/desk/open"):
            browser.get(path)
            assert "You started" not in browser.text
            assert "We restored" not in browser.text


def zone(cast: Cast) -> Any:
    return ZoneInfo(cast.store.time_zone)


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/desk/open", {"amount": "5", "step": "open"}),
        ("/desk/pay-in", {"amount": "5", "reason": "change"}),
        ("/desk/pay-out", {"amount": "5", "reason": "bill"}),
        ("/desk/drop", {"amount": "5"}),
    ],
)
def test_what_is_done_leaves_no_draft_and_what_is_refused_leaves_it(
    cast: Cast, path: str, typed: dict[str, str]
) -> None:
    carla = at_form(cast, path)
    type_into(carla, {"amount": "x"})
    assert carla.send(path, {"amount": "x"}).status_code == 400
    assert Draft.objects.get().fields["amount"] == "x"
    form = carla.hidden()
    carla.send(path, typed)
    assert carla.page.status_code == 303
    assert not Draft.objects.exists()
    late = type_into(carla, {**form, **typed}, seen=1)
    assert late.status_code == 409
    assert late.json() == {"message": "You sent or discarded this form on another page.", "version": 0}
    assert not Draft.objects.exists()


@pytest.mark.parametrize(("path", "typed"), FORMS)
def test_without_a_script_a_form_that_is_left_is_kept(cast: Cast, path: str, typed: dict[str, str]) -> None:
    carla = at_form(cast, path)
    carla.leave(typed)
    assert (carla.page.status_code, carla.page.headers["Location"]) == (303, "/desk")
    assert Movement.objects.filter(kind__in=["PAY_IN", "PAY_OUT", "DROP"]).count() == 0
    carla.get(path)
    assert "We restored" in carla.text
    assert {name: shown(carla, name) for name in typed} == typed


def test_a_form_that_is_left_leads_to_no_other_server(cast: Cast) -> None:
    carla = at_form(cast, "/desk/pay-in")
    for elsewhere in ("//evil.example", "https://evil.example/", "desk", "javascript:alert(1)", "/\\evil.example"):
        carla.get("/desk/pay-in")
        carla.send("/desk/draft/go-on", {"amount": "5", "next": elsewhere})
        assert carla.page.headers["Location"] == "/desk/pay-in", elsewhere


def test_without_a_script_each_step_of_a_count_keeps_it(cast: Cast) -> None:
    carla = at_form(cast, "/desk/count")
    carla.send("/desk/count", {"pieces-2000": "2", "step": "review"})
    assert "You counted €40.00" in carla.text
    carla.get("/desk/count")
    assert carla.value("pieces-2000") == "2"
    carla.count({"pieces-2000": "2"})
    assert carla.page.status_code == 303
    assert not Draft.objects.exists()


def test_a_close_that_is_refused_keeps_the_draft(cast: Cast) -> None:
    carla = at_form(cast, "/desk/count")
    carla.send("/desk/count", {"amount": "7", "step": "review"})
    carla.send("/desk/count", {"step": "close", "once": "old"})
    assert carla.page.status_code == 422
    assert Draft.objects.get().fields["amount"] == "7"
    assert CashSession.objects.get().is_open


def test_two_devices_notice_each_other(cast: Cast) -> None:
    carla = at_form(cast, "/desk/count")
    phone = Browser(cast.carla)
    phone.get("/desk/count")
    assert type_into(carla, {"amount": "1"}).status_code == 204
    told = type_into(phone, {"amount": "2"}, device="phone")
    at = timezone.localtime(Draft.objects.get().updated_at, timezone=zone(cast))
    assert told.status_code == 409
    assert told.json() == {"message": f"This count was changed on another device at {at:%H:%M}.", "version": 1}
    assert Draft.objects.get().fields["amount"] == "1"
    # Either of the two: what is here is kept, or the page is opened again.
    kept = type_into(phone, {"amount": "2"}, device="phone", seen=1)
    assert (kept.status_code, kept.headers["Draft-Version"]) == (204, "2")
    carla.get("/desk/count")
    assert carla.value("amount") == "2"
    carla.get("/desk/pay-in")
    type_into(carla, {"amount": "1"})
    assert "This was changed" in type_into(carla, {"amount": "2"}, device="phone").json()["message"]


def test_a_save_is_the_persons_own_and_never_leads_to_the_sign_in(cast: Cast) -> None:
    carla = at_form(cast, "/desk/count")
    form = {**carla.hidden(), "amount": "5"}
    out = Client().post("/desk/draft", form)
    assert (out.status_code, out.json()) == (401, {"message": "You were signed out."})
    assert "WWW-Authenticate" in out.headers
    for browser, changed in (
        (Browser(cast.bruno), {}),
        (Browser(cast.erika), {}),
        (carla, {"draft": ""}),
        (carla, {"draft": form["draft"] + "x"}),
        (carla, {"draft": DraftKey(user_id=cast.bruno.pk, subject="close:1", page="/desk/count").token}),
    ):
        assert browser.client.post("/desk/draft", {**form, **changed}).status_code == 403
        assert browser.client.post("/desk/draft/go-on", {**form, **changed}).headers["Location"] == "/desk"
        assert browser.client.post("/desk/draft/anew", {**form, **changed}).headers["Location"] == "/desk"
    assert Browser(cast.carla).get("/desk/draft").status_code == 405
    assert not Draft.objects.exists()


def test_what_is_kept_is_bounded_and_holds_no_secret(cast: Cast) -> None:
    carla = at_form(cast, "/desk/count")
    many = {f"x{number}": "1" * 1_999 for number in range(60)}
    typed = {"amount": "5\0", "witness-password": "secret", "password": "secret", "a b": "1", **many}
    assert type_into(carla, typed).status_code == 204
    fields = Draft.objects.get().fields
    assert fields["amount"] == "5"
    assert not {"password", "witness-password", "once", "csrfmiddlewaretoken", "draft", "session", "a b"} & set(fields)
    assert sum(len(name) + len(value) for name, value in fields.items()) <= 48_000
    for strange in ("", "x", "-1", "9" * 30, "²"):
        assert (
            carla.client.post("/desk/draft", {**carla.hidden(), "device": "till", "seen": strange}).status_code == 204
        )
    assert type_into(carla, {"amount": "5"}, device="x" * 33).status_code == 400


def test_an_empty_form_needs_no_draft(cast: Cast) -> None:
    carla = at_form(cast, "/desk/count")
    blank = type_into(carla, {"amount": "", "pieces-2000": ""})
    assert (blank.status_code, blank.headers["Draft-Version"]) == (204, "0")
    assert not Draft.objects.exists()
    type_into(carla, {"amount": "1"})
    type_into(carla, {"amount": ""}, seen=1)
    carla.get("/desk/count")
    assert "We restored" not in carla.text
    assert carla.get(f"/desk/draft/anew?draft={carla.hidden()['draft']}").headers["Location"] == "/desk/count"


def test_a_save_costs_the_same_whatever_was_typed_before(cast: Cast) -> None:
    carla = at_form(cast, "/desk/count")
    type_into(carla, {"amount": "1"})
    with counted_queries() as queries:
        type_into(carla, {f"pieces-{worth}": "2" for worth in range(60)}, seen=1)
    # The browser's session, the person, a savepoint and its end, the person's row, the draft, and its change.
    assert len(queries) == 7


def test_a_movement_of_another_drawer_has_another_draft(cast: Cast) -> None:
    carla = at_form(cast, "/desk/pay-in")
    type_into(carla, {"amount": "1"})
    carla.count({"amount": "0"})
    open_drawer(cast.carla, 0, at=NOON + timedelta(hours=1))
    carla.get("/desk/pay-in")
    assert carla.value("amount") == ""
    assert open_of(cast.carla)
    assert not Movement.objects.filter(kind="PAID_IN").exists()


def test_a_count_of_many_currencies_is_kept_whole(cast: Cast) -> None:
    carla = at_form(cast, "/desk/count")
    type_into(carla, {f"pieces-{number}": "7" for number in range(900)})
    assert len(Draft.objects.get().fields) == 900
