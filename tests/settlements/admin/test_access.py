"""Access to settlements in the back office: who sees which rows. Only the action pages write."""

from typing import Any

import pytest
from django.apps import apps
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.models import AuditEntry, Place
from settlements.models import (
    CashbookAccount,
    ChangeOrder,
    ClosingAmount,
    CreditCorrection,
    Deposit,
    InitialAmount,
    Payout,
    Settlement,
    SettlementCount,
)
from tests.admin.back_office import OF_SETTLEMENTS, answer_of, list_of, make_operator, new, page_of, sits_down
from tests.factories import StoreFactory, UserFactory
from tests.settlements.admin.periods import REGISTERS, Periods, act, counted, settle
from tests.stories import Cast

NEVER_WRITTEN = (Settlement, Deposit, ChangeOrder)
ACTS = {
    "counting": ("recount", "force-close"),
    "running": ("force-close",),
    "uncounted": ("count-afterwards",),
    "vault": ("recount",),
    "deposit": ("collect", "credit"),
}
FIELDS = counted(("EUR", "CASH", "1"), do="close", reason="because", after_previews=1, amount="1", courier="Ingo")


def tables() -> dict[str, list[dict[str, Any]]]:
    """Returns every row of the tables of the settlements app."""
    kept = (Settlement, Deposit, ChangeOrder, CashbookAccount, InitialAmount, ClosingAmount, SettlementCount)
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in kept}


def listed(response: Any) -> set[Any]:
    """Returns the rows that a list shows."""
    return set(response.context["cl"].result_list)


def test_visitors_and_cashiers_are_sent_to_the_sign_in(cast: Cast, periods: Periods) -> None:
    before = tables()
    paths = [path for model, row in periods.rows.items() for path in (list_of(model), new(model), page_of(row))]
    acts = [page_of(getattr(periods, name), verb) for name, verbs in ACTS.items() for verb in verbs]
    acts.append(page_of(periods.vault.place, "book"))
    for browser in (Client(), sits_down(cast.carla)):
        for path in (*paths, *acts):
            for response in (browser.get(path), browser.post(path, FIELDS)):
                assert (response.status_code, response["Location"].partition("?")[0]) == (302, reverse("admin:login"))
    assert tables() == before


def test_nothing_of_another_account_exists_nor_can_be_done(cast: Cast, periods: Periods) -> None:
    before = tables()
    otto = sits_down(cast.otto)
    for model, row in periods.rows.items():
        assert row not in listed(otto.get(list_of(model)))
    before["CashbookAccount"] += [row for row in tables()["CashbookAccount"] if row["store_id"] == cast.otto.store_id]
    for row in (*periods.rows.values(), *periods.not_closed.values()):
        never_used = type(row)(pk=9_999_999)
        for verb in ("change", "history", "delete"):
            theirs, never = (answer_of(otto, page_of(it, verb)) for it in (row, never_used))
            assert theirs == never
            assert theirs[0] == 404
    for name, verbs in ACTS.items():
        for verb in verbs:
            path = page_of(getattr(periods, name), verb)
            assert [otto.get(path).status_code, otto.post(path, FIELDS).status_code] == [404, 404], path
    assert otto.post(page_of(periods.vault.place, "book")).status_code == 404
    assert tables() == before
    assert not AuditEntry.objects.filter(user=cast.otto).exists()


def test_another_store_of_the_account_is_for_the_admin_alone(cast: Cast) -> None:
    hamburg = StoreFactory(account=cast.store.account, number="1338", registers=REGISTERS)
    manager, cashier = UserFactory(store=hamburg, role="manager"), UserFactory(store=hamburg)
    rows = settle(hamburg, manager, cashier).rows
    erika, anna, operator = sits_down(cast.erika), sits_down(cast.anna), sits_down(make_operator())
    for model, row in rows.items():
        assert erika.get(page_of(row)).status_code == 404
        assert row not in listed(erika.get(list_of(model)))
        for browser in (anna, operator):
            assert browser.get(page_of(row)).status_code == 200
            assert row in listed(browser.get(list_of(model)))


def test_nothing_is_written_by_a_form_or_deleted(cast: Cast, periods: Periods) -> None:
    for browser in (sits_down(cast.erika), sits_down(cast.anna), sits_down(make_operator())):
        before = tables()
        for model in OF_SETTLEMENTS:
            row = periods.rows[model]
            sent = {name: value for name, value in model_to_dict(row).items() if value is not None}
            assert browser.get(page_of(row, "delete")).status_code == 403
            assert browser.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403
            assert b"delete_selected" not in browser.get(list_of(model)).content
            if model in NEVER_WRITTEN:
                page = browser.get(page_of(row))
                assert b'name="_save"' not in page.content
                assert [browser.get(new(model)).status_code, browser.post(new(model), sent).status_code] == [403, 403]
                assert browser.post(page_of(row), {**sent, "state": "OPEN", "_save": "Save"}).status_code == 403
        assert tables() == before


def test_looking_at_an_act_does_nothing(cast: Cast, periods: Periods) -> None:
    before, entries = tables(), AuditEntry.objects.count()
    erika = sits_down(cast.erika)
    for name, verbs in ACTS.items():
        for verb in verbs:
            assert erika.get(page_of(getattr(periods, name), verb), FIELDS).status_code == 200
    assert (tables(), AuditEntry.objects.count()) == (before, entries)
    assert list(faults_of_store(cast.store)) == []


def test_an_act_is_refused_from_another_site(cast: Cast, periods: Periods) -> None:
    before = tables()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.erika)
    for name, verbs in ACTS.items():
        for verb in verbs:
            assert browser.post(page_of(getattr(periods, name), verb), FIELDS).status_code == 403
    assert tables() == before


@pytest.mark.parametrize("query", [{"closing_amounts__target__gt": "1"}, {"opened_by__password__startswith": "p"}])
def test_no_list_is_probed_by_a_column_that_it_does_not_filter_by(
    cast: Cast, periods: Periods, query: dict[str, str]
) -> None:
    assert sits_down(cast.anna).get(list_of(Settlement), query).status_code == 400


def test_what_is_deactivated_is_still_found(cast: Cast, periods: Periods) -> None:
    type(cast.store).objects.filter(pk=cast.store.pk).update(is_active=False)
    anna = sits_down(cast.anna)
    for model, row in periods.rows.items():
        assert row in listed(anna.get(list_of(model)))
        assert anna.get(page_of(row)).status_code == 200


def test_a_place_outside_the_store_has_no_book_to_show(cast: Cast, periods: Periods) -> None:
    bank = Place.objects.get(store=cast.store, kind="BANK")
    erika = sits_down(cast.erika)
    assert page_of(bank, "book") not in erika.get(page_of(bank)).content.decode()
    response = act(erika, bank, "book")
    assert "Choose a safe or a register" in str(response.context["form"].errors)
    assert not AuditEntry.objects.filter(action="expected.seen").exists()


def test_every_model_of_settlements_has_its_page_or_stands_on_one() -> None:
    # The page of Money lists payouts.
    parts = {InitialAmount, ClosingAmount, SettlementCount, CreditCorrection, Payout}
    assert set(apps.get_app_config("settlements").get_models()) == {*OF_SETTLEMENTS, *parts}
