"""The pages of reconciliations show the declared amounts, the current reconciliation and late money."""

import re
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from cashdesk.domain.store.business_day import business_date
from cashdesk.formats import style_of
from cashdesk.models import AuditEntry
from reconciliations.models import Reconciliation
from tests.admin.back_office import list_of, page_of, sits_down
from tests.cashdesk.desk import open_drawer, sell
from tests.reconciliations.admin.declared import DAY, Declared, declare
from tests.stories import Cast


def figures_of(page: str) -> dict[str, str]:
    """Returns the texts of a page by field, without their markup."""
    found = re.findall(r'field-(\w+)">.*?<div class="readonly">(.*?)</div>\s*</div>', page, re.DOTALL)
    return {name: re.sub(r"<[^>]+>|\s+", " ", text).strip() for name, text in found}


def shown(browser: Client, **query: str) -> list[Any]:
    """Returns the rows of the list."""
    return list(browser.get(list_of(Reconciliation), query).context["cl"].result_list)


def test_a_reconciliation_shows_its_snapshot_and_what_arrived_since(cast: Cast, declared: Declared) -> None:
    erika = sits_down(cast.erika)
    page = erika.get(page_of(declared.second)).content.decode()
    figures = figures_of(page)
    wanted = {
        "system_amount": "€125.00",
        "declared_amount": "€122.00",
        "discrepancy": "−€3.00",
        "type_shown": "Shortage",
        "reason_shown": "Counting error",
        "notes": "3 coins",
        "late_shown": "€7.00",
        "adjusted_system": "€132.00",
        "adjusted_discrepancy": "−€10.00",
        "standing": "stands",
        "reporter": f"Erika Mustermann (user:{cast.erika.pk})",
        "supersedes_link": str(declared.first),
        "superseded_by_link": "-",
        "authorization_link": str(declared.used),
        "approval": "-",
    }
    assert {name: figures[name] for name in wanted} == wanted
    for row in (declared.first, declared.used):
        assert page_of(row) in page
    assert f"q=reconciliation%3A{declared.second.pk}" in page
    first = figures_of(erika.get(page_of(declared.first)).content.decode())
    told = (first["standing"], first["superseded_by_link"], first["approval"])
    assert told == ("superseded", str(declared.second), "awaited")


def test_the_list_is_narrowed_by_type_and_standing_and_reason(cast: Cast, declared: Declared) -> None:
    erika = sits_down(cast.erika)
    over = declare(cast.store, cast.erika, 20_000)
    assert over.is_post_close
    for query, rows in (
        ({}, [over, declared.second, declared.first]),
        ({"type": "SHORTAGE"}, [declared.second, declared.first]),
        ({"type": "OVERAGE"}, [over]),
        ({"type": "MATCH"}, []),
        ({"type": "x"}, []),
        ({"standing": "stands"}, [over]),
        ({"standing": "superseded"}, [declared.second, declared.first]),
        ({"reason__exact": "COUNTING_ERROR"}, [declared.second]),
        ({"is_post_close__exact": "1"}, [over]),
        ({"business_date__exact": "2026-03-09"}, []),
    ):
        assert shown(erika, **query) == sorted(rows, key=lambda row: -row.pk), query
    page = erika.get(list_of(Reconciliation)).content.decode()
    assert all(
        words in page for words in ("€125.00", "−€3.00", "Shortage", "Counting error", "stands, after the close")
    )


def test_a_look_at_the_adjusted_figure_of_a_day_that_runs_is_noted(cast: Cast, declared: Declared) -> None:
    today = business_date(store=cast.store, at=timezone.now())
    session = open_drawer(cast.bruno, 10_000, at=timezone.now() - timedelta(minutes=5))
    running = declare(cast.store, cast.erika, 9_000, on=today, at=timezone.now())
    sell(session, 1_234, at=timezone.now(), paid_at=timezone.now())
    assert running.business_date == today
    seen = AuditEntry.objects.filter(action="expected.seen", user=cast.erika, store=cast.store)
    erika = sits_down(cast.erika)
    erika.get(list_of(Reconciliation))
    erika.get(page_of(declared.second))
    assert seen.count() == 0
    now_expected = style_of("en", "EUR").amount(running.system_amount + 1_234, "EUR")
    assert now_expected in erika.get(page_of(running)).content.decode()
    assert [entry.detail for entry in seen] == [{"reconciliation": running.pk}]


def test_a_closed_day_shows_who_closed_it_what_was_not_counted_and_what_came_late(
    cast: Cast, declared: Declared
) -> None:
    page = sits_down(cast.erika).get(page_of(declared.day)).content.decode()
    figures = figures_of(page)
    assert figures["closed_by_shown"] == "Erika Mustermann"
    assert page_of(declared.session) in page
    assert figures["uncounted"] == f"Session {declared.session.pk}"
    assert "€7.00 CASH" in figures["late"]
    assert f"q=day%3A{cast.store.pk}%3A{DAY}" in page
    (link,) = re.findall(rf'href="({list_of(Reconciliation)}\?[^"]+)"', page)
    found = sits_down(cast.anna).get(link.replace("&amp;", "&"))
    assert set(found.context["cl"].result_list) == {declared.first, declared.second}
