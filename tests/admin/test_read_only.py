"""Nobody can change money data in the back office: not by a form, and not by an action."""

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.forms.models import model_to_dict
from django.test import Client

from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.models import AccessToken, AuditEntry, Count, CountAmount, CountPieces, Store, User
from tests.admin.back_office import (
    EVERYTHING,
    NEVER_WRITTEN,
    ORGANISATION,
    Traces,
    list_of,
    new,
    page_of,
    sits_down,
)
from tests.stories import Cast

WRITES_NOTHING = (*NEVER_WRITTEN, AccessToken)


@pytest.fixture(params=["erika", "anna", "operator"])
def browser(request: pytest.FixtureRequest, cast: Cast, operator: User) -> Client:
    """The browser of a manager, an admin, or an operator of the installation."""
    return sits_down(operator if request.param == "operator" else getattr(cast, request.param))


def rows_of(model: type[Model]) -> list[dict[str, Any]]:
    """Returns every row of a model with all its columns."""
    return list(model._default_manager.order_by("pk").values())


def test_a_row_can_be_read_and_not_written(browser: Client, traces: Traces) -> None:
    for model in WRITES_NOTHING:
        row = traces[model]
        before = rows_of(model)
        page = browser.get(page_of(row))
        assert page.status_code == 200, model
        assert not page.context["has_change_permission"], model
        assert b'name="_save"' not in page.content, model
        assert b"deletelink" not in page.content, model
        fields = sent(row)
        for path, answer in (
            (page_of(row), {**fields, "amount": "1", "name": "x", "_save": "Save"}),
            (page_of(row), {"_saveasnew": "Save as new"}),
            (new(model), fields),
        ):
            assert browser.post(path, answer).status_code == 403, model
        assert browser.get(new(model)).status_code == 403, model
        assert rows_of(model) == before, model


def test_nothing_can_be_deleted(browser: Client, traces: Traces) -> None:
    for model in EVERYTHING:
        row = traces[model]
        before = rows_of(model)
        assert browser.get(page_of(row, "delete")).status_code == 403, model
        assert browser.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403, model
        assert b"delete_selected" not in browser.get(list_of(model)).content, model
        chosen = {"action": "delete_selected", ACTION_CHECKBOX_NAME: [row.pk], "index": 0}
        for confirmed in ({}, {"post": "yes"}):
            browser.post(list_of(model), {**chosen, **confirmed})
        assert rows_of(model) == before, model


def test_a_manager_changes_nothing_of_the_organisation(cast: Cast, traces: Traces) -> None:
    erika = sits_down(cast.erika)
    for model in (*ORGANISATION, AccessToken):
        row = traces[model]
        before = rows_of(model)
        fields = {**sent(row), "name": "x"}
        assert erika.get(page_of(row)).status_code == 200, model
        assert erika.post(page_of(row), fields).status_code == 403, model
        assert erika.get(new(model)).status_code == 403, model
        assert erika.post(new(model), fields).status_code == 403, model
        assert rows_of(model) == before, model


def sent(row: Model) -> dict[str, Any]:
    """Returns the form data of a row."""
    return {name: value for name, value in model_to_dict(row).items() if value is not None}


def test_the_lines_of_a_count_cannot_be_sent_along(cast: Cast, traces: Traces, operator: User) -> None:
    before = rows_of(CountAmount), rows_of(CountPieces)
    lines = {
        "amounts-TOTAL_FORMS": "1",
        "amounts-INITIAL_FORMS": "1",
        "amounts-0-amount": "1",
        "amounts-0-DELETE": "on",
    }
    for who in (cast.erika, operator):
        assert sits_down(who).post(page_of(traces[Count]), lines).status_code == 403
    assert (rows_of(CountAmount), rows_of(CountPieces)) == before


def test_reading_everything_leaves_the_books_as_they_were(browser: Client, traces: Traces) -> None:
    entries = AuditEntry.objects.count()
    for model in EVERYTHING:
        browser.get(list_of(model))
        browser.get(page_of(traces[model]))
        browser.get(page_of(traces[model], "history"))
    assert list(faults_of_store(traces[Store])) == []
    assert AuditEntry.objects.count() == entries
