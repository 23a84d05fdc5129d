"""Signatures: the public library verifies them, also while a secret is rotated."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.serializers import serialize
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import Conflict, InvalidInput
from cashdesk.models import WebhookAttempt, WebhookEndpoint, WebhookSecret
from cashdesk.web.webhooks.endpoint import rotate_secret
from cashdesk.web.webhooks.secret import SECRETS_MAX
from tests.stories import Cast
from tests.webhooks.receiver import Received, Receiver
from tests.webhooks.sending import happened, listening_with_secret, of, works

DAY = timedelta(hours=24)


def verifies(request: Received, secret: str) -> bool:
    """Whether a receiver with this secret believes a request."""
    try:
        Webhook(secret).verify(request.body, dict(request.headers))
    except WebhookVerificationError:
        return False
    return True


def rotated(cast: Cast, endpoint: WebhookEndpoint, *, overlap: timedelta = DAY, ago: timedelta = timedelta(0)) -> str:
    """Rotates the secret of an endpoint some time ago, and returns the new one."""
    return rotate_secret(endpoint=endpoint, overlap=overlap, by=Principal(user=cast.anna), at=timezone.now() - ago)


def next_request(cast: Cast, receiver: Receiver) -> Received:
    """Lets something happen, and returns the request that tells of it."""
    happened(cast.store)
    works()
    return receiver.received[-1]


def test_a_receiver_verifies_a_delivery_with_the_library(cast: Cast, receiver: Receiver) -> None:
    _endpoint, secret = listening_with_secret(cast, receiver)
    event = happened(cast.store)
    works()
    (request,) = receiver.received
    assert secret.startswith("whsec_")
    message = Webhook(secret).verify(request.body, dict(request.headers))
    assert message["id"] == request.headers["webhook-id"] == str(event.uid)
    assert request.headers["content-type"] == "application/json"
    changed = Received(path="", headers=request.headers, body=request.body.replace(b"0", b"1"))
    assert not verifies(changed, secret)


def test_each_endpoint_has_a_secret_of_its_own(cast: Cast, receiver: Receiver) -> None:
    secrets = {listening_with_secret(cast, receiver)[1] for _one in range(3)}
    assert len(secrets) == 3
    request = next_request(cast, receiver)
    assert [verifies(request, secret) for secret in secrets].count(True) == 1


def test_the_old_secret_signs_until_its_end_and_the_new_one_at_once(cast: Cast, receiver: Receiver) -> None:
    endpoint, old = listening_with_secret(cast, receiver)
    new = rotated(cast, endpoint)
    request = next_request(cast, receiver)
    assert len(request.headers["webhook-signature"].split(" ")) == 2
    assert verifies(request, old)
    assert verifies(request, new)
    WebhookSecret.objects.filter(expires_at__isnull=False).update(expires_at=timezone.now())
    request = next_request(cast, receiver)
    assert not verifies(request, old)
    assert verifies(request, new)


def test_a_rotation_without_overlap_ends_the_old_secret_at_once(cast: Cast, receiver: Receiver) -> None:
    endpoint, old = listening_with_secret(cast, receiver)
    new = rotated(cast, endpoint, overlap=timedelta(0))
    request = next_request(cast, receiver)
    assert [verifies(request, old), verifies(request, new)] == [False, True]


def test_a_second_rotation_prolongs_no_secret(cast: Cast, receiver: Receiver) -> None:
    endpoint, first = listening_with_secret(cast, receiver)
    rotated(cast, endpoint, ago=timedelta(hours=23))
    rotated(cast, endpoint, overlap=timedelta(days=7))
    ends = [one.expires_at - timezone.now() for one in endpoint.secrets.order_by("pk")[:2] if one.expires_at]
    assert ends[0] < timedelta(hours=1)
    assert timedelta(days=6) < ends[1] < timedelta(days=8)
    assert verifies(next_request(cast, receiver), first)


def test_a_secret_that_signs_later_than_the_new_overlap_ends_with_it(cast: Cast, receiver: Receiver) -> None:
    endpoint, first = listening_with_secret(cast, receiver)
    rotated(cast, endpoint, overlap=timedelta(days=30))
    rotated(cast, endpoint, overlap=timedelta(0))
    assert not verifies(next_request(cast, receiver), first)


def test_only_so_many_secrets_sign_at_once(cast: Cast, receiver: Receiver) -> None:
    endpoint, _secret = listening_with_secret(cast, receiver)
    for _again in range(SECRETS_MAX - 1):
        rotated(cast, endpoint)
    with pytest.raises(Conflict, match="choose 0"):
        rotated(cast, endpoint)
    rotated(cast, endpoint, overlap=timedelta(0))
    assert len(next_request(cast, receiver).headers["webhook-signature"].split(" ")) == 1


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31)])
def test_no_other_overlap_is_taken(cast: Cast, receiver: Receiver, overlap: timedelta) -> None:
    endpoint, _secret = listening_with_secret(cast, receiver)
    with pytest.raises(InvalidInput, match="from 0 minutes to 30 days"):
        rotated(cast, endpoint, overlap=overlap)


def test_a_new_secret_key_keeps_webhooks_signed_while_the_old_one_is_a_fallback(
    cast: Cast, receiver: Receiver, settings: Any
) -> None:
    _endpoint, secret = listening_with_secret(cast, receiver)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 8, ["old" * 20, settings.SECRET_KEY]
    assert verifies(next_request(cast, receiver), secret)


def test_without_the_old_secret_key_nothing_is_sent_and_the_log_says_what_to_do(
    cast: Cast, receiver: Receiver, settings: Any
) -> None:
    endpoint, _secret = listening_with_secret(cast, receiver)
    settings.SECRET_KEY = "another" * 8
    event = happened(cast.store)
    works()
    assert receiver.received == []
    assert of(event).last_error == "secret_lost"
    assert "Rotate the secret" in WebhookAttempt.objects.get().answer
    new = rotated(cast, endpoint)
    works(at=timezone.now() + timedelta(minutes=1))
    assert len(receiver.received[-1].headers["webhook-signature"].split(" ")) == 1, "the lost one does not sign"
    assert json.loads(receiver.received[-1].body)["id"] == str(event.uid)
    assert new.startswith("whsec_")


def test_no_row_contains_a_secret(cast: Cast, receiver: Receiver, settings: Any) -> None:
    endpoint, secret = listening_with_secret(cast, receiver)
    stored = serialize("json", [endpoint, *endpoint.secrets.all()])
    assert secret.removeprefix("whsec_") not in stored + repr(endpoint.secrets.get()) + str(endpoint.secrets.get())
