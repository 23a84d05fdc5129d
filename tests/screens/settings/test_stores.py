"""The settings of a store and its registers: what is saved, what is refused, and that nothing typed is lost."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.store_settings import change_store
from cashdesk.enums import PlaceKind
from cashdesk.errors import Forbidden
from cashdesk.models import AuditEntry, Draft, Place, Store
from tests.cashdesk.desk import open_drawer, sell
from tests.factories import StoreFactory
from tests.screens.desk import Browser, text_of
from tests.stories import Cast


def group(cast: Cast, name: str) -> str:
    """Returns the address of a group of the shop's settings."""
    return reverse("settings-store-group", args=[cast.store.uuid, name])


def saved(cast: Cast) -> Store:
    """Returns the shop as it is in the database."""
    return Store.objects.get(pk=cast.store.pk)


def fields_of(page: Any) -> dict[str, str]:
    """Returns the values of the text fields and selects of a page."""
    text = page.content.decode()
    typed = {
        found[1]: (re.search(r'value="([^"]*)"', found[0]) or ["", ""])[1]
        for found in re.finditer(r'<input type="(?:text|email|number)" name="([^"]+)"[^>]*>', text)
    }
    for select in re.finditer(r'<select name="([^"]+)".*?</select>', text, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', select[0])
        typed[select[1]] = chosen[1] if chosen else ""
    return typed


def test_amounts_are_typed_and_shown_as_the_store_writes_them(cast: Cast) -> None:
    Store.objects.filter(pk=cast.store.pk).update(language="de")
    anna = Browser(cast.anna)
    anna.fill(
        group(cast, "differences"),
        {"tolerance_minor": "2,50", "tolerance_basis_points": "0,5", "escalation_minor": "1.250"},
    )
    assert anna.page.status_code == 303
    store = saved(cast)
    assert (store.tolerance_minor, store.tolerance_basis_points, store.escalation_minor) == (2_50, 50, 1250_00)
    anna.follow()
    assert "2,50 €" in anna.text
    assert "1.250,00 €" in anna.text
    entry = AuditEntry.objects.get(action="store.changed")
    assert entry.detail["changes"]["tolerance_minor"] == [cast.store.tolerance_minor, 2_50]
    assert (entry.user, entry.store) == (cast.anna, cast.store)


@pytest.mark.parametrize(("name", "typed", "field", "words"), [
    ("differences", {"tolerance_minor": "2.505"}, "tolerance_minor", "at most 2 decimals"),
    ("differences", {"tolerance_minor": ""}, "tolerance_minor", "Enter an amount."),
    ("differences", {"tolerance_minor": "1", "tolerance_basis_points": "101"}, "tolerance_basis_points", "from 0 to 100"),
    ("differences", {"tolerance_minor": "1", "tolerance_basis_points": "€5"}, "tolerance_basis_points", "from 0 to 100"),
    ("differences", {"tolerance_minor": "1", "tolerance_basis_points": "5 EUR"}, "tolerance_basis_points", "from 0 to 100"),
    ("amounts", {"witness_minor": "-1"}, "witness_minor", "0 or more"),
    ("name", {"name": ""}, "name", "Fill in this field."),
    ("name", {"currency": "XXX"}, "currency", "valid choice"),
    ("day", {"cut_off_hour": "24"}, "cut_off_hour", "valid choice"),
    ("float", {"pieces-2000": "x"}, "pieces-2000", "whole number"),
    ("float", {"float_minor": "150", "pieces-2000": "3"}, "float_minor", "add up to €60.00"),
])  # fmt: skip
def test_a_wrong_value_is_named_at_its_field_and_stays(
    cast: Cast, name: str, typed: dict[str, str], field: str, words: str
) -> None:
    anna, before = Browser(cast.anna), saved(cast)
    shown = fields_of(anna.get(group(cast, name)))
    page = anna.send(group(cast, name), {**shown, **typed})
    assert page.status_code == 400
    text = page.content.decode()
    assert f'href="#{field}"' in text
    error = re.search(rf'id="{field}_error">([^<]+)<', text)
    assert error is not None
    assert words in error[1]
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"|aria-invalid="true"[^>]*id="{field}"', text)
    assert fields_of(page) | {key: value for key, value in typed.items() if key != "currency"} == fields_of(
        page
    ) or name in ("name", "day")
    assert saved(cast).__dict__ | {"_state": None} == before.__dict__ | {"_state": None}
    assert not AuditEntry.objects.filter(action="store.changed").exists()


def test_the_second_of_two_people_is_told_what_the_first_saved(cast: Cast) -> None:
    first, second, path = Browser(cast.anna), Browser(cast.anna), group(cast, "differences")
    first.get(path)
    second.get(path)
    first.send(path, {"tolerance_minor": "3.00", "tolerance_basis_points": "", "escalation_minor": ""})
    page = second.send(path, {"tolerance_minor": "0.00", "tolerance_basis_points": "1", "escalation_minor": ""})
    assert page.status_code == 409
    assert "Nothing was saved. Somebody else changed this while you had the page open." in second.text
    assert "Accepted difference is now: €3.00" in second.text
    # The first field takes what was saved, because the second person left it alone. What they typed stays.
    assert fields_of(page) == {"tolerance_minor": "3.00", "tolerance_basis_points": "1", "escalation_minor": ""}
    assert saved(cast).tolerance_basis_points == 0
    assert second.send(path, fields_of(page)).status_code == 303
    assert (saved(cast).tolerance_minor, saved(cast).tolerance_basis_points) == (3_00, 100)


def test_what_the_second_person_typed_over_a_changed_field_stays_and_is_told(cast: Cast) -> None:
    first, second, path = Browser(cast.anna), Browser(cast.anna), group(cast, "differences")
    first.get(path)
    second.get(path)
    first.send(path, {"tolerance_minor": "3.00", "tolerance_basis_points": "", "escalation_minor": ""})
    page = second.send(path, {"tolerance_minor": "9.00", "tolerance_basis_points": "", "escalation_minor": ""})
    assert page.status_code == 409
    assert fields_of(page)["tolerance_minor"] == "9.00"
    assert saved(cast).tolerance_minor == 3_00


def test_a_form_without_the_values_that_the_person_saw_is_not_saved(cast: Cast) -> None:
    anna, path = Browser(cast.anna), group(cast, "differences")
    anna.get(path)
    for was in ("", "{", "[]", '{"name": "\\"Berlin\\""}'):
        assert anna.send(path, {"tolerance_minor": "3.00", "was": was}).status_code == 409
    assert saved(cast).tolerance_minor == cast.store.tolerance_minor


def test_a_form_that_is_sent_twice_changes_once(cast: Cast) -> None:
    anna, path = Browser(cast.anna), group(cast, "differences")
    anna.get(path)
    typed = {**anna.hidden(), "tolerance_minor": "3.00"}
    answers = [anna.client.post(path, typed) for _twice in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert AuditEntry.objects.filter(action="store.changed").count() == 1


def test_what_was_typed_outlives_the_end_of_the_sign_in(cast: Cast) -> None:
    anna, path = Browser(cast.anna), group(cast, "differences")
    anna.get(path)
    hidden = anna.hidden()
    anna.client.logout()
    page = anna.client.post(path, {**hidden, "tolerance_minor": "7.77"})
    assert page.status_code == 403
    anna.page = page
    carried = anna.hidden()
    anna.client.force_login(cast.anna)
    anna.client.post(reverse("draft-go-on"), carried)
    assert Draft.objects.get(user=cast.anna).fields["tolerance_minor"] == "7.77"
    shown = anna.get(path)
    assert fields_of(shown)["tolerance_minor"] == "7.77"
    assert anna.send(path, fields_of(shown)).status_code == 303
    assert saved(cast).tolerance_minor == 7_77
    assert not Draft.objects.exists()


def test_number_and_currency_are_fixed_once_money_moved(cast: Cast) -> None:
    sell(open_drawer(cast.carla, 0), 5_00)
    anna, path = Browser(cast.anna), group(cast, "name")
    shown = fields_of(anna.get(path))
    assert anna.text.count("Fixed, because money has already moved in this store.") == 2
    assert anna.send(path, {**shown, "name": "Mitte", "number": "9", "currency": "USD"}).status_code == 303
    assert (saved(cast).name, saved(cast).number, saved(cast).currency) == ("Mitte", "1337", "EUR")


def test_an_open_drawer_keeps_a_store_on_and_out_of_settlements(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    anna = Browser(cast.anna)
    page = anna.fill(reverse("settings-store-switch", args=[cast.store.uuid]))
    assert page.status_code == 409
    assert "Carla has register 1 of store 1337 open" in anna.text
    page = anna.fill(group(cast, "settlements"), {"requires_settlement": "on"})
    assert page.status_code == 409
    assert "Carla has register 1 of store 1337 open" in anna.text
    assert (saved(cast).is_active, saved(cast).requires_settlement) == (True, False)


def test_a_store_is_switched_off_and_on(cast: Cast) -> None:
    anna, path = Browser(cast.anna), reverse("settings-store-switch", args=[cast.store.uuid])
    anna.get(path)
    stale = anna.hidden()
    assert anna.send(path).status_code == 303
    assert not saved(cast).is_active
    assert (
        anna.client.post(
            path, {**stale, "once": Browser(cast.anna).get(path) and anna.get(path) and anna.hidden()["once"]}
        ).status_code
        == 400
    )
    assert anna.fill(path).status_code == 303
    assert saved(cast).is_active


def test_the_float_is_one_amount_or_pieces(cast: Cast) -> None:
    anna, path = Browser(cast.anna), group(cast, "float")
    anna.fill(path, {"float_minor": "150"})
    assert (saved(cast).float_minor, saved(cast).float_template) == (150_00, {})
    anna.fill(path, {"float_minor": "", "pieces-2000": "3", "pieces-50": "20"})
    assert (saved(cast).float_minor, saved(cast).float_template) == (0, {"2000": 3, "50": 20})
    anna.follow()
    assert "€70.00 3 × €20, 20 × €0.50" in anna.text


def test_a_new_store_has_usual_values_and_registers(cast: Cast) -> None:
    anna, path = Browser(cast.anna), reverse("settings-store-new")
    shown = fields_of(anna.get(path))
    assert (shown["currency"], shown["time_zone"]) == ("EUR", cast.store.time_zone)
    assert anna.send(path, {**shown, "name": "Hamburg", "number": "1337"}).status_code == 400
    assert "Another store of the account has this number." in anna.text
    page = anna.send(path, {**shown, "name": "Hamburg", "number": "1338", "registers": "2"})
    assert page.status_code == 303
    store = Store.objects.get(number="1338", account=cast.store.account)
    assert (store.name, store.tolerance_minor, store.account) == (
        "Hamburg",
        cast.store.tolerance_minor,
        cast.store.account,
    )
    assert Place.objects.filter(store=store, kind=PlaceKind.REGISTER).count() == 2
    assert "Hamburg" in text_of(anna.follow())


def test_a_manager_adds_names_and_switches_registers(cast: Cast) -> None:
    erika, shop = Browser(cast.erika), cast.store.uuid
    assert erika.fill(reverse("settings-register-new", args=[shop]), {"number": "7", "name": "Bar"}).status_code == 303
    assert "Register 7 (Bar)" in text_of(erika.follow())
    assert erika.fill(reverse("settings-register-new", args=[shop]), {"number": "7", "name": ""}).status_code == 400
    assert "Register 7 already exists." in erika.text
    assert erika.fill(reverse("settings-register", args=[shop, 7]), {"name": "Garden"}).status_code == 303
    path = reverse("settings-register-switch", args=[shop, 7])
    assert erika.fill(path).status_code == 303
    assert not Place.objects.get(store=cast.store, number=7).is_active
    assert erika.fill(path).status_code == 303
    assert Place.objects.get(store=cast.store, number=7, name="Garden").is_active


def test_an_open_register_stays_on_in_clear_words(cast: Cast) -> None:
    open_drawer(cast.carla, 0, station=1)
    erika = Browser(cast.erika)
    page = erika.fill(reverse("settings-register-switch", args=[cast.store.uuid, 1]))
    assert page.status_code == 409
    assert "Nothing was saved. Carla has register 1 of store 1337 open" in erika.text


def test_a_manager_reads_the_settings_of_their_store(cast: Cast) -> None:
    StoreFactory(account=cast.store.account, name="Elsewhere")
    erika = Browser(cast.erika)
    text = text_of(erika.get(reverse("settings-store", args=[cast.store.uuid])))
    assert "Ask an admin for the other settings." in text
    links = re.findall(r'/change/([a-z-]+)"', erika.page.content.decode())
    assert links == ["float", "sign-in"]
    assert "Elsewhere" not in text_of(erika.get(reverse("settings-stores")))


def test_a_manager_sets_the_usual_float_and_the_sign_in_by_pin(cast: Cast) -> None:
    erika = Browser(cast.erika)
    assert erika.fill(group(cast, "float"), {"float_minor": "150"}).status_code == 303
    assert "Quick change of person by PIN No" in text_of(erika.get(reverse("settings-store", args=[cast.store.uuid])))
    assert erika.fill(group(cast, "sign-in"), {"pin_sign_in": "on"}).status_code == 303
    assert "Quick change of person by PIN Yes" in text_of(erika.follow())
    assert (saved(cast).float_minor, saved(cast).pin_sign_in) == (150_00, True)
    assert 'href="/account/pin"' in Browser(cast.carla).get("/account").content.decode()
    assert erika.fill(group(cast, "sign-in"), {}).status_code == 303
    assert not saved(cast).pin_sign_in
    trail = AuditEntry.objects.filter(action="store.changed").order_by("pk")
    assert [entry.user for entry in trail] == [cast.erika] * 3


@pytest.mark.parametrize("name", ["name", "day", "differences", "amounts", "settlements"])
def test_a_manager_changes_nothing_that_judges_them(cast: Cast, name: str) -> None:
    erika = Browser(cast.erika)
    assert erika.get(group(cast, name)).status_code == 403
    assert erika.send(group(cast, name), {"tolerance_minor": "99"}).status_code == 403
    for fields in (["tolerance_minor"], ["float_minor", "tolerance_minor"], ["is_active"]):
        store = saved(cast)
        store.tolerance_minor, store.is_active = 99_00, False
        with pytest.raises(Forbidden):
            change_store(store=store, fields=fields, by=Principal(user=cast.erika), at=timezone.now())


def test_a_manager_changes_no_other_store(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account)
    path = reverse("settings-store-group", args=[sister.uuid, "float"])
    assert Browser(cast.erika).get(path).status_code == 404
    with pytest.raises(Forbidden):
        change_store(store=sister, fields=["pin_sign_in"], by=Principal(user=cast.erika), at=timezone.now())


def test_a_new_store_in_another_currency_gets_amounts_that_fit_it(cast: Cast) -> None:
    Store.objects.filter(pk=cast.store.pk).update(float_template={"2000": 5}, tolerance_minor=3_00)
    anna, path = Browser(cast.anna), reverse("settings-store-new")
    shown = fields_of(anna.get(path))
    for number, currency, tolerance, usual in (("2", "EUR", 3_00, 100_00), ("3", "CLP", 2_000, 200_000)):
        anna.get(path)
        typed = {**shown, "name": "Next", "number": number, "currency": currency, "registers": "1"}
        assert anna.send(path, typed).status_code == 303
        store = Store.objects.get(account=cast.store.account, number=number)
        assert (store.tolerance_minor, store.usual_float_minor) == (tolerance, usual)
