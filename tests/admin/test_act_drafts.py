"""An action page that was sent signed out: one sign-in page asks, nothing is done, and what was typed is there again."""

import pytest
from django.test import Client

from cashdesk.models import CashSession, Draft
from tests.admin.back_office import list_of, page_of
from tests.cashdesk.desk import close_drawer, open_drawer
from tests.factories import PASSWORD
from tests.screens.desk import Browser
from tests.stories import Cast

REASON = "went home with the key"


@pytest.fixture
def drawer(cast: Cast) -> CashSession:
    """Carla's open drawer."""
    return open_drawer(cast.carla, 10_000)


@pytest.mark.parametrize("checks_tokens", [False, True], ids=["session expired", "all cookies deleted"])
def test_a_reason_that_was_sent_signed_out_is_there_after_signing_in(
    cast: Cast, drawer: CashSession, checks_tokens: bool
) -> None:
    erika, path = Browser(cast.erika), page_of(drawer, "force-close")
    erika.get(path)
    erika.client.cookies.clear()
    erika.client.handler.enforce_csrf_checks = checks_tokens
    assert erika.send(path, {"reason": REASON}).status_code == 403
    assert "You were signed out. Nothing was saved yet, but nothing is lost." in erika.text
    erika.client.handler.enforce_csrf_checks = False
    erika.send("/sign-in", {"name": "erika", "password": PASSWORD})
    assert erika.page.headers["Location"] == path
    erika.follow()
    assert "Here is what you typed. Nothing was saved yet." in erika.text
    assert erika.value("reason") == REASON
    drawer.refresh_from_db()
    assert drawer.is_open
    assert erika.send(path, {"reason": REASON}).status_code == 302
    assert not Draft.objects.exists()
    drawer.refresh_from_db()
    assert not drawer.is_open


def test_a_form_without_any_cookie_leads_to_the_sign_in_and_back(cast: Cast, drawer: CashSession) -> None:
    client = Client(enforce_csrf_checks=True)
    for path in (list_of(CashSession), "/reports/mail", f"/admin/cashdesk/store/{cast.store.pk}/change/"):
        asked = client.post(path, {"reason": REASON})
        assert asked.status_code == 403
        assert b"Nothing was saved. Sign in again." in asked.content
        assert f'name="next" value="{path}"'.encode() in asked.content, path
    assert close_drawer(drawer, 10_000).closed_at is not None
