"""The reasons for cash paid in and out in the settings, and at the desk."""

from django.urls import reverse

from cashdesk.enums import Reason
from cashdesk.models import AuditEntry, Store
from settlements.models import CashbookAccount
from tests.cashdesk.desk import open_drawer
from tests.factories import StoreFactory
from tests.screens.desk import Browser, text_of
from tests.stories import Cast


def test_a_manager_adds_a_reason_and_takes_it_off_and_the_desk_follows(cast: Cast) -> None:
    erika, shop = Browser(cast.erika), cast.store.uuid
    typed = {
        "description": "Parking fees",
        "type": "CASHREGISTER",
        "direction": "EXPENSE",
        "code": "PARKING",
        "number": "310",
    }
    assert erika.fill(reverse("settings-reason-new", args=[shop]), typed).status_code == 303
    assert "Parking fees PARKING · 310" in text_of(erika.follow())
    account = CashbookAccount.objects.get(code="PARKING")
    assert AuditEntry.objects.get(action="cashbook_account.created").user == cast.erika
    open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    assert '<option value="Parking fees">' in carla.get("/desk/pay-out").content.decode()
    assert "Parking fees" not in carla.get("/desk/pay-in").content.decode()
    page = erika.fill(reverse("settings-reason", args=[shop, account.pk]), {"description": "Parking", "number": "310"})
    assert page.status_code == 303
    account.refresh_from_db()
    assert (account.description, account.is_active, account.code) == ("Parking", False, "PARKING")
    assert "Parking" not in carla.get("/desk/pay-out").content.decode()


def test_a_code_or_number_of_another_reason_is_refused(cast: Cast) -> None:
    erika, path = Browser(cast.erika), reverse("settings-reason-new", args=[cast.store.uuid])
    typed = {"description": "Mine", "type": "CASHREGISTER", "direction": "EXPENSE", "code": "MINE", "number": ""}
    for changed, words in (
        ({"code": "SUPPLIES"}, "Another reason has this code."),
        ({"number": "103"}, "Another reason has this number."),
        ({"number": "SUPPLIES"}, "Another account of the store has this code."),
        ({"code": "small"}, "Use capital letters"),
    ):
        assert erika.fill(path, {**typed, **changed}).status_code == 400
        assert words in erika.text
        assert 'value="Mine"' in erika.page.content.decode()
    assert not CashbookAccount.objects.filter(description="Mine").exists()


def test_the_second_of_two_edits_of_a_reason_is_told(cast: Cast) -> None:
    erika, anna = Browser(cast.erika), Browser(cast.anna)
    erika.get(reverse("settings-reasons-of", args=[cast.store.uuid]))
    account = CashbookAccount.objects.get(store=cast.store, type="CASHREGISTER", code="SUPPLIES")
    path = reverse("settings-reason", args=[cast.store.uuid, account.pk])
    erika.get(path)
    anna.fill(path, {"description": "Material", "number": "103", "is_active": "on"})
    page = erika.send(path, {"description": "Supplies", "number": "104x", "is_active": "on"})
    assert page.status_code == 409
    assert "Name is now: Material" in erika.text
    account.refresh_from_db()
    assert (account.description, account.number) == ("Material", "103")


def test_the_usual_reasons_speak_the_language_of_the_store(cast: Cast) -> None:
    Store.objects.filter(pk=cast.store.pk).update(language="de")
    assert "Reinigung" in text_of(Browser(cast.erika).get(reverse("settings-reasons-of", args=[cast.store.uuid])))


def test_an_admin_of_several_stores_chooses_one_first(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account, number="1338")
    anna = Browser(cast.anna)
    assert anna.get(reverse("settings-reasons")).headers["Location"] == "/stores?next=/settings/reasons"
    anna.get(f"{reverse('settings-reasons')}?store=1338")
    assert anna.page.headers["Location"] == reverse("settings-reasons-of", args=[sister.uuid])


def test_the_reasons_for_differences_are_shown_with_an_explanation(cast: Cast) -> None:
    erika = Browser(cast.erika)
    erika.get(reverse("settings-reasons"))
    text = text_of(erika.follow())
    assert all(label in text for label in Reason.labels)
    assert "These reasons are the same in all stores and in the API" in text
