"""The page of a session has all that belongs to it: counts, differences, movements, payments and the audit trail."""

import re
from collections.abc import Iterable

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from cashdesk.admin import session_parts
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.closing import force_close_session
from cashdesk.models import AuditEntry, CashSession, Movement, Payment
from tests.admin.back_office import Traces, page_of, sits_down
from tests.cashdesk.desk import minutes, open_drawer, sell
from tests.stories import Cast

PARTS = ("counts", "variances", "movements", "payments", "audit")


@pytest.fixture
def erika(cast: Cast) -> Client:
    """Erika's browser."""
    return sits_down(cast.erika)


def parts_of(browser: Client, session: CashSession) -> dict[str, str]:
    """Returns the HTML of each part of a session's page."""
    page = browser.get(page_of(session)).content.decode()
    found = {}
    for name in PARTS:
        match = re.search(rf'field-{name}_shown">(.*?)</div>\s*</div>\s*</div>', page, re.DOTALL)
        assert match is not None, name
        found[name] = match.group(1)
    return found


def test_all_that_belongs_to_a_session_is_on_its_page(cast: Cast, traces: Traces, erika: Client) -> None:
    session = traces[CashSession]
    parts = parts_of(erika, session)
    assert parts["counts"].count("<tr>") == 1 + session.counts.count()
    assert "€123.00" in parts["counts"]
    rows: dict[str, Iterable[Model]] = {
        "movements": Movement.objects.filter(session=session),
        "payments": Payment.objects.filter(session=session),
        "audit": AuditEntry.objects.filter(subject=f"session:{session.pk}"),
        "variances": session.variances.all(),
    }
    for part, of_part in rows.items():
        for row in of_part:
            assert page_of(row) in parts[part]
    assert "−€2.00" in parts["variances"]
    assert "not counted" not in parts["variances"], "late money was never to be counted"


def test_an_open_session_shows_no_movement_and_no_payment(cast: Cast, erika: Client) -> None:
    session = open_drawer(cast.carla, 10_000)
    bare = parts_of(erika, session)
    sell(session, 2_509)
    sell(session, 1_311, at=minutes(2))
    parts = parts_of(erika, session)
    assert parts == bare
    assert "Shown after the count." in parts["movements"]
    assert "Shown after the count." in parts["payments"]
    assert "€100.00" in parts["counts"]
    assert not AuditEntry.objects.filter(action="expected.seen").exists()


def test_the_movements_of_an_uncounted_drawer_are_a_look_that_is_noted(cast: Cast, erika: Client) -> None:
    session = open_drawer(cast.carla, 10_000)
    sell(session, 2_509)
    force_close_session(session=session, by=Principal(user=cast.erika), at=minutes(9), reason="went home")
    assert "€25.09" in parts_of(erika, CashSession.objects.get(pk=session.pk))["movements"]
    assert AuditEntry.objects.get(action="expected.seen").detail == {"sessions": [session.pk]}


def test_a_long_part_links_to_the_rest(
    cast: Cast, traces: Traces, erika: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_parts, "ROWS_SHOWN_MAX", 2)
    session = traces[CashSession]
    part = parts_of(erika, session)["movements"]
    assert part.count("<tr>") == 3
    assert f"{reverse('admin:cashdesk_movement_changelist')}?session__exact={session.pk}" in part
    newest = Movement.objects.filter(session=session).order_by("-pk").first()
    assert newest is not None
    assert page_of(newest) in part
