"""Access to reconciliations in the back office: who sees which rows. Only the action pages write."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from cashdesk.models import AuditEntry, BusinessDay
from reconciliations.models import (
    Authorization,
    CloseFacts,
    PatternEvidence,
    PatternMonth,
    PatternSetting,
    Reconciliation,
    Repayment,
    ReportMail,
    StoreDayReport,
    VarianceEvent,
    VarianceView,
)
from tests.admin.back_office import OF_RECONCILIATIONS, list_of, make_operator, new, page_of, sits_down
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.admin.declared import CLOSE, DAY, ISSUE, Declared, declare_a_day, permit
from tests.stories import Cast, counted_queries

ISSUING = {"purpose": "because", "expires_in_minutes": "5"}
CLOSING = {"date": "2026-03-09"}


def tables() -> dict[str, list[dict[str, Any]]]:
    """Returns every row that these pages can show."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in OF_RECONCILIATIONS}


def listed(response: Any) -> set[Any]:
    """Returns the rows that a list shows."""
    assert response.status_code == 200
    return set(response.context["cl"].result_list)


def every_row(declared: Declared) -> list[Model]:
    """Returns the rows of the day."""
    return [declared.first, declared.second, declared.used, declared.unused, declared.day]


def test_visitors_and_cashiers_are_sent_to_the_sign_in(cast: Cast, declared: Declared) -> None:
    before = tables()
    pages = [page_of(row) for row in every_row(declared)] + [list_of(model) for model in OF_RECONCILIATIONS]
    for browser in (Client(), sits_down(cast.carla), sits_down(cast.bruno)):
        for path in (*pages, ISSUE, CLOSE, *(new(model) for model in OF_RECONCILIATIONS)):
            for response in (browser.get(path), browser.post(path, {**ISSUING, **CLOSING, "store": cast.store.pk})):
                assert (response.status_code, response["Location"].partition("?")[0]) == (302, reverse("admin:login"))
    assert tables() == before


def test_nothing_of_another_account_exists_nor_can_be_done(cast: Cast, declared: Declared) -> None:
    before = tables()
    otto = sits_down(cast.otto)
    for row in every_row(declared):
        assert row not in listed(otto.get(list_of(type(row))))
        never_used = type(row)(pk=9_999_999)
        for verb in ("change", "history", "delete"):
            theirs, never = (
                re.sub(rb"<code>.*</code>|<input type=.hidden.[^>]+>", b"", otto.get(page_of(it, verb)).content)
                for it in (row, never_used)
            )
            assert theirs == never
            assert otto.get(page_of(row, verb)).status_code == 404
    for path, fields in ((ISSUE, ISSUING), (CLOSE, CLOSING)):
        response = otto.post(path, {**fields, "store": cast.store.pk})
        assert set(response.context["form"].errors) == {"store"}
        assert cast.store.name not in response.content.decode()
    assert tables() == before
    assert not AuditEntry.objects.filter(user=cast.otto).exists()


def test_another_store_of_the_account_is_for_the_admin_alone(cast: Cast) -> None:
    hamburg = StoreFactory(account=cast.store.account, number="1338")
    manager, cashier = UserFactory(store=hamburg, role="manager"), UserFactory(store=hamburg)
    rows = every_row(declare_a_day(hamburg, cashier, manager, cast.anna))
    erika, anna, operator = sits_down(cast.erika), sits_down(cast.anna), sits_down(make_operator())
    for row in rows:
        assert erika.get(page_of(row)).status_code == 404
        assert row not in listed(erika.get(list_of(type(row))))
        for browser in (anna, operator):
            assert browser.get(page_of(row)).status_code == 200
            assert row in listed(browser.get(list_of(type(row))))
    for path, fields in ((ISSUE, ISSUING), (CLOSE, CLOSING)):
        assert set(erika.post(path, {**fields, "store": hamburg.pk}).context["form"].errors) == {"store"}


def test_nothing_is_written_by_a_form_or_deleted(cast: Cast, declared: Declared) -> None:
    for browser in (sits_down(cast.erika), sits_down(cast.anna), sits_down(make_operator())):
        before = tables()
        for row in every_row(declared):
            sent = {name: value for name, value in model_to_dict(row).items() if value is not None}
            page = browser.get(page_of(row))
            assert b'name="_save"' not in page.content
            assert b"deletelink" not in page.content
            assert browser.post(page_of(row), {**sent, "declared_amount": "1", "_save": "Save"}).status_code == 403
            assert browser.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403
            assert [browser.get(new(type(row))).status_code, browser.post(new(type(row)), sent).status_code] == [
                403
            ] * 2
            assert b"delete_selected" not in browser.get(list_of(type(row))).content
        assert tables() == before


def test_looking_at_an_act_does_nothing_and_another_site_is_refused(cast: Cast, declared: Declared) -> None:
    before, entries = tables(), AuditEntry.objects.count()
    erika, elsewhere = sits_down(cast.erika), Client(enforce_csrf_checks=True)
    elsewhere.force_login(cast.erika)
    for path, fields in ((ISSUE, ISSUING), (CLOSE, CLOSING)):
        assert erika.get(path, {**fields, "store": cast.store.pk}).status_code == 200
        assert elsewhere.post(path, {**fields, "store": cast.store.pk}).status_code == 403
    assert (tables(), AuditEntry.objects.count()) == (before, entries)


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (Reconciliation, {"system_amount__gt": "1"}),
        (Reconciliation, {"reported_by_user__password__startswith": "p"}),
        (Authorization, {"uuid__startswith": "a"}),
        (Authorization, {"uuid__gt": "00000000-0000-4000-8000-000000000000"}),
        (BusinessDay, {"closed_by__password__startswith": "p"}),
    ],
)
def test_no_list_is_probed_by_a_column_that_it_does_not_filter_by(
    cast: Cast, declared: Declared, model: type[Model], query: dict[str, str]
) -> None:
    assert sits_down(cast.anna).get(list_of(model), query).status_code == 400


def test_every_model_of_reconciliations_has_its_page_or_stands_on_one() -> None:
    parts = {VarianceEvent}
    # Have pages of their own outside the back office, or belong to a person.
    parts |= {
        CloseFacts,
        PatternEvidence,
        PatternMonth,
        PatternSetting,
        Repayment,
        ReportMail,
        StoreDayReport,
        VarianceView,
    }
    assert set(apps.get_app_config("reconciliations").get_models()) <= {*admin.site._registry, *parts}


def test_the_lists_and_pages_ask_as_often_for_one_day_as_for_ten(cast: Cast) -> None:
    erika = sits_down(cast.erika)

    def a_shop() -> Declared:
        shop = StoreFactory(account=cast.store.account)
        manager = UserFactory(store=shop, role="manager")
        return declare_a_day(shop, UserFactory(store=shop), manager, cast.anna)

    def asked(browser: Client, path: str) -> int:
        with counted_queries() as queries:
            assert browser.get(path).status_code == 200, path
        return len(queries)

    ours = declare_a_day(cast.store, cast.carla, cast.erika, cast.anna)
    a_shop()
    anna, seen = sits_down(cast.anna), []
    for number in (1, 3, 10):
        while BusinessDay.objects.count() <= number:
            a_shop()
        for _more in range(number):
            permit(cast.store, cast.anna)
        lists = [asked(anna, list_of(model)) for model in OF_RECONCILIATIONS]
        seen.append(lists + [asked(erika, page_of(row)) for row in every_row(ours)])
    assert seen[0] == seen[1] == seen[2], seen
    assert max(seen[0]) <= 8, seen


def test_what_was_deactivated_is_still_found(cast: Cast, declared: Declared) -> None:
    type(cast.store).objects.filter(pk=cast.store.pk).update(is_active=False)
    anna = sits_down(cast.anna)
    for row in every_row(declared):
        assert row in listed(anna.get(list_of(type(row))))
        assert anna.get(page_of(row)).status_code == 200
    # What is left of it can still be signed off.
    permitted = Authorization.objects.count()
    assert anna.post(ISSUE, {**ISSUING, "store": cast.store.pk}).status_code == 200
    assert Authorization.objects.count() == permitted + 1


def test_pages_are_found_by_what_a_person_would_type(cast: Cast, declared: Declared) -> None:
    anna = sits_down(cast.anna)
    found = {
        Reconciliation: {str(declared.first.pk): {declared.first}, str(declared.second.uuid): {declared.second}},
        Authorization: {str(declared.used.uuid): {declared.used}, str(declared.unused.uuid)[:8]: set()},
        BusinessDay: {DAY.isoformat(): {declared.day}, "yesterday": set(), "2026-02-30": set()},
    }
    for model, searches in found.items():
        for words, rows in searches.items():
            assert listed(anna.get(list_of(model), {"q": words})) == rows, words
