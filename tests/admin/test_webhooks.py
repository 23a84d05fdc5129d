"""Webhooks in the back office: admins add endpoints, test them, rotate secrets, read the log and send again."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.serializers import serialize
from django.test import Client
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from cashdesk.admin.webhook import ERRORS, WebhookDeliveryAdmin, WebhookEndpointAdmin
from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.enums import DeliveryState, OffReason
from cashdesk.models import AuditEntry, User, WebhookDelivery, WebhookEndpoint, WebhookLane
from cashdesk.web.webhooks.endpoint import add_endpoint, remove_endpoint, switch_off, turn_off
from tests.admin.back_office import list_of, page_of, sits_down
from tests.factories import UserFactory
from tests.stories import Cast, counted_queries
from tests.webhooks.conftest import receiver
from tests.webhooks.receiver import Receiver, Reply
from tests.webhooks.sending import happened, heard, ids, listening, of, works

__all__ = ["receiver"]

NEW = "/admin/cashdesk/webhookendpoint/new/"
URL = "https://hooks.example/cash"


@pytest.fixture
def anna(cast: Cast) -> Client:
    """Anna's browser."""
    return sits_down(cast.anna)


def secret_on(response: Any) -> str:
    """Returns the secret that an answer shows."""
    assert response.status_code == 200
    secret, _used_as = re.findall(r'<p class="secret"><code>(.*?)</code>', response.content.decode())
    return str(secret)


def errors_of(response: Any) -> dict[str, list[str]]:
    """Returns the errors of a form that was shown again."""
    assert response.status_code == 200
    return dict(response.context["form"].errors)


def text_of(response: Any) -> str:
    """Returns a page as text."""
    return str(response.content.decode())


# --- Endpoints -----------------------------------------------------------------------------------------------------------


def test_an_admin_adds_an_endpoint_and_its_secret_verifies_what_it_hears(
    cast: Cast, anna: Client, receiver: Receiver
) -> None:
    assert NEW in text_of(anna.get(list_of(WebhookEndpoint)))
    answer = anna.post(
        NEW, {"url": receiver.url, "description": "accounting", "types": ["day.closed", "settlement.counting"]}
    )
    secret = secret_on(answer)
    assert f"Webhook(&quot;{secret}&quot;).verify" in text_of(answer)
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.account, endpoint.store, endpoint.created_by) == (cast.store.account, None, cast.anna)
    event = happened(cast.store)
    works()
    (request,) = receiver.received
    assert Webhook(secret).verify(request.body, dict(request.headers))["id"] == str(event.uid)


def test_a_secret_stands_on_its_answer_and_nowhere_else(
    anna: Client, receiver: Receiver, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], cast: Cast
) -> None:
    caplog.set_level(logging.DEBUG)
    first = anna.post(NEW, {"url": f"{receiver.url}?token=in-the-url"})
    endpoint = WebhookEndpoint.objects.get()
    second = anna.post(page_of(endpoint, "rotate"), {"hours": "24"})
    anna.post(page_of(endpoint, "test"))
    event = happened(cast.store)
    works()
    for answer in (first, second):
        secret = secret_on(answer).removeprefix("whsec_")
        assert "no-store" in answer["Cache-Control"]
        kept = serialize("json", [*endpoint.secrets.all(), *AuditEntry.objects.all(), *LogEntry.objects.all()])
        paths = [list_of(WebhookEndpoint), page_of(endpoint), page_of(endpoint, "history"), page_of(endpoint, "rotate"),
                 list_of(AuditEntry), page_of(of(event)), list_of(WebhookDelivery)]  # fmt: skip
        shown = "".join(text_of(anna.get(path)) for path in paths)
        printed = capsys.readouterr()
        for place in (kept, shown, caplog.text, printed.out, printed.err, str(answer.headers)):
            assert secret not in place
        assert "in-the-url" not in kept + caplog.text + printed.out + printed.err


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"url": ""}, "url", "required"),
        ({"url": "http://hooks.example/"}, "url", "Use https"),
        ({"url": "https://me:secret@hooks.example/"}, "url", "user name and password"),
        ({"types": ["everything"]}, "types", "not one of the available choices"),
        ({"store": "theirs"}, "store", "valid choice"),
        ({"description": "x" * 201}, "description", "at most 200"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    cast: Cast, anna: Client, fields: dict[str, Any], field: str, words: str
) -> None:
    sent = {"url": URL, "description": "the books", **fields}
    if sent.get("store"):
        sent["store"] = cast.otto.store_id
    response = anna.post(NEW, sent)
    assert words in str(errors_of(response)[field])
    assert field == "description" or "the books" in text_of(response)
    assert not WebhookEndpoint.objects.exists()


def test_an_operator_chooses_the_account(cast: Cast, anna: Client) -> None:
    assert "account" not in anna.get(NEW).context["form"].fields
    root = sits_down(User.objects.create_superuser("root", "root@example.com", "Root", "a-long-password"))
    assert set(errors_of(root.post(NEW, {"url": URL}))) == {"account"}
    secret_on(root.post(NEW, {"url": URL, "account": cast.otto.account_id}))
    assert WebhookEndpoint.objects.get().account_id == cast.otto.account_id


def test_an_endpoint_is_changed_switched_off_on_and_removed(cast: Cast, anna: Client) -> None:
    secret_on(anna.post(NEW, {"url": URL, "types": ["day.closed"]}))
    endpoint = WebhookEndpoint.objects.get()
    form = anna.get(page_of(endpoint, "edit")).context["form"]
    assert (form["url"].value(), form["types"].value()) == (URL, ["day.closed"])
    sent = {"url": f"{URL}/2", "description": "ledger", "types": []}
    assert "Changed: ledger." in text_of(anna.post(page_of(endpoint, "edit"), sent, follow=True))
    page = text_of(anna.post(page_of(endpoint, "switch-off"), follow=True))
    assert "Off (switched off by a person)" in page
    assert page_of(endpoint, "switch-off") not in page
    assert "On" in text_of(anna.post(page_of(endpoint, "switch-on"), {"begins": "new"}, follow=True))
    page = text_of(anna.post(page_of(endpoint, "remove"), follow=True))
    assert "Removed" in page
    for act in ("edit", "test", "rotate", "switch-off", "switch-on", "remove", "resend-failed"):
        assert page_of(endpoint, act) not in page
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.types, endpoint.is_active) == (f"{URL}/2", [], False)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=204), "The receiver took the event: it answered with status 204."),
        (Reply(status=500, body=b"<b>no</b>"), "The answer begins with: &lt;b&gt;no&lt;/b&gt;"),
        (Reply(raw=lambda _handler: None), "There was no answer. The connection ended"),
    ],
)
def test_a_test_shows_what_the_receiver_says(
    cast: Cast, anna: Client, receiver: Receiver, reply: Reply, words: str
) -> None:
    endpoint = listening(cast, receiver)
    receiver.replies = [reply]
    page = text_of(anna.post(page_of(endpoint, "test")))
    assert words in page
    assert "you looked" not in page
    (request,) = receiver.received
    assert b'"type":"webhook.test"' in request.body
    assert request.headers["webhook-signature"].startswith("v1,")
    assert AuditEntry.objects.filter(action="webhook.tested", user=cast.anna).exists()
    assert not WebhookDelivery.objects.exists()


def test_a_test_does_not_reach_into_the_own_network(
    cast: Cast, anna: Client, receiver: Receiver, settings: Any
) -> None:
    endpoint = listening(cast, receiver)
    settings.WEBHOOK_ALLOW_PRIVATE_ADDRESSES = False
    assert "There was no answer. Use a public address." in text_of(anna.post(page_of(endpoint, "test")))
    assert receiver.received == []


def test_a_rotated_secret_shows_until_when_the_old_one_works(cast: Cast, anna: Client, receiver: Receiver) -> None:
    endpoint = listening(cast, receiver)
    assert anna.get(page_of(endpoint, "rotate")).context["form"]["hours"].value() == 24
    answer = anna.post(page_of(endpoint, "rotate"), {"hours": "2"})
    assert "The old secret works until" in text_of(answer)
    assert text_of(anna.get(page_of(endpoint))).count(" UTC</td>") == 3, "two made, one ends"
    for wrong in ("-1", "721", "x", ""):
        assert set(errors_of(anna.post(page_of(endpoint, "rotate"), {"hours": wrong}))) == {"hours"}


# --- The log -------------------------------------------------------------------------------------------------------------


def test_the_log_tells_each_attempt_and_is_filtered_by_state(cast: Cast, anna: Client, receiver: Receiver) -> None:
    endpoint = listening(cast, receiver)
    good, bad = happened(cast.store, station=1), happened(cast.store, station=2)
    receiver.replies = [Reply(), Reply(status=503, body=b"<script>later</script>")]
    works(threads=1)
    log = anna.get(list_of(WebhookDelivery), {"state__exact": "WAITING", "endpoint__exact": endpoint.pk})
    assert list(log.context["cl"].result_list) == [of(bad)]
    assert list(anna.get(list_of(WebhookDelivery), {"q": str(good.uid)}).context["cl"].result_list) == [of(good)]
    assert not anna.get(list_of(WebhookDelivery), {"q": "no id"}).context["cl"].result_list
    page = text_of(anna.get(page_of(of(bad))))
    assert "503" in page
    assert "&lt;script&gt;later&lt;/script&gt;" in page
    assert "1 event, since" in text_of(anna.get(page_of(endpoint)))


def test_one_event_or_all_that_failed_are_sent_again(cast: Cast, anna: Client, receiver: Receiver) -> None:
    endpoint = listening(cast, receiver)
    event = happened(cast.store)
    works()
    page = text_of(anna.post(page_of(of(event), "resend"), follow=True))
    assert "The event is queued again." in page
    assert page_of(of(event), "resend") not in page
    assert "The event is given up." in text_of(anna.post(page_of(of(event), "give-up"), follow=True))
    assert of(event).state == DeliveryState.FAILED
    today = timezone.now().date().isoformat()
    assert "queued again: 1" in text_of(anna.post(page_of(endpoint, "resend-failed"), {"since": today}, follow=True))
    works()
    assert heard(receiver.received) == ids(event, event)
    assert set(errors_of(anna.post(page_of(endpoint, "resend-failed"), {"since": "soon"}))) == {"since"}


def test_a_page_says_that_no_worker_runs(cast: Cast, anna: Client, receiver: Receiver) -> None:
    endpoint = listening(cast, receiver)
    happened(cast.store)
    receiver.replies = [Reply(status=500)]
    works()
    assert "manage.py worker" not in text_of(anna.get(page_of(endpoint)))
    WebhookLane.objects.update(due_at=timezone.now() - timedelta(minutes=6))
    assert "start manage.py worker" in text_of(anna.get(page_of(endpoint)))


def test_the_front_page_tells_admins_what_cashdesk_switched_off(cast: Cast, anna: Client, receiver: Receiver) -> None:
    endpoint = listening(cast, receiver, description="accounting")
    index = "/admin/"
    assert "switch it on" not in text_of(anna.get(index))
    switch_off(endpoint=endpoint, by=Principal(user=cast.anna), at=timezone.now())
    assert "Send a test, then" not in text_of(anna.get(index))
    turn_off(endpoint, reason=OffReason.GONE, by=SYSTEM, at=timezone.now())
    assert "410 Gone. Send a test, then switch it on" in text_of(anna.get(index))
    for other in (cast.erika, cast.otto, UserFactory(store=cast.otto.store, role="admin")):
        assert "410 Gone" not in text_of(sits_down(other).get(index))
    remove_endpoint(endpoint=endpoint, by=Principal(user=cast.anna), at=timezone.now())
    assert "410 Gone" not in text_of(anna.get(index))


# --- Who may -------------------------------------------------------------------------------------------------------------


def test_only_admins_of_the_account_see_and_act(cast: Cast, receiver: Receiver) -> None:
    endpoint = listening(cast, receiver)
    works()
    event = happened(cast.store)
    works()
    pages = [page_of(endpoint), page_of(endpoint, "history"), page_of(of(event))]
    acts = [
        *(page_of(endpoint, act.name) for act in WebhookEndpointAdmin.acts),
        *(page_of(of(event), act.name) for act in WebhookDeliveryAdmin.acts),
    ]
    before = (AuditEntry.objects.count(), len(receiver.received))
    admin_of_others = sits_down(UserFactory(store=cast.otto.store, role="admin"))
    for browser, refused, hidden in ((sits_down(cast.erika), 403, 403), (admin_of_others, 404, 404)):
        assert [browser.get(path).status_code for path in pages] == [refused] * 3
        assert {browser.post(path).status_code for path in acts} == {hidden}
    assert sits_down(cast.erika).get(list_of(WebhookEndpoint)).status_code == 403
    assert sits_down(cast.erika).get(NEW).status_code == 403
    assert "webhook" not in text_of(sits_down(cast.erika).get("/admin/"))
    assert not admin_of_others.get(list_of(WebhookEndpoint)).context["cl"].result_list
    assert not admin_of_others.get(list_of(WebhookDelivery)).context["cl"].result_list
    assert str(endpoint) not in text_of(admin_of_others.get(list_of(WebhookDelivery)))
    assert sits_down(cast.carla).get(page_of(endpoint)).status_code == 302
    assert (AuditEntry.objects.count(), len(receiver.received)) == before


def test_lists_and_pages_ask_as_often_whatever_the_history(cast: Cast, receiver: Receiver, anna: Client) -> None:
    asked = []
    for rows in (1, 4, 10):
        while WebhookEndpoint.objects.count() < rows:
            add_endpoint(account=cast.store.account, url=receiver.url, by=Principal(user=cast.anna), at=timezone.now())
            happened(cast.store)
            works()
        endpoint, delivery = WebhookEndpoint.objects.latest("pk"), WebhookDelivery.objects.latest("pk")
        paths = (list_of(WebhookEndpoint), page_of(endpoint), list_of(WebhookDelivery), page_of(delivery), "/admin/")
        counts = []
        for path in paths:
            anna.get(path)
            with counted_queries() as queries:
                assert anna.get(path).status_code == 200
            counts.append(len(queries))
        asked.append(counts)
    assert asked[0] == asked[1] == asked[2]


def test_every_error_of_a_request_has_words() -> None:
    assert all(words and words[0].islower() for words in ERRORS.values())
