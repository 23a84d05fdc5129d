"""The secrets that sign deliveries, as https://www.standardwebhooks.com describes."""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from standardwebhooks.webhooks import Webhook

from cashdesk.errors import Conflict, InvalidInput
from cashdesk.models import WebhookEndpoint, WebhookSecret

OVERLAP_USUAL: Final = timedelta(hours=24)
OVERLAP_MAX: Final = timedelta(days=30)
SECRETS_MAX: Final = 5
"""The most secrets of one endpoint that sign at the same time."""

_SALT: Final = "cashdesk.webhooks.secret"


class SecretLost(Exception):
    """No secret of the endpoint can be calculated. An admin must rotate the secret.

    SECRET_KEY has changed since, and SECRET_KEY_FALLBACKS does not have the old key.
    """


def add_secret(endpoint: WebhookEndpoint, *, at: datetime) -> str:
    """Gives the endpoint a new secret and returns its text, which is shown once and not stored."""
    nonce = secrets.token_hex(32)
    text = _text_of(nonce, settings.SECRET_KEY)
    WebhookSecret.objects.create(endpoint=endpoint, nonce=nonce, fingerprint=_fingerprint_of(text), created_at=at)
    return text


def replace_secret(endpoint: WebhookEndpoint, *, overlap: timedelta, at: datetime) -> str:
    """Gives the endpoint a new secret. The old secrets sign too until `overlap` has passed, or until their own earlier end.

    Raises InvalidInput if the overlap is too long, and Conflict if too many secrets still sign.
    """
    if not timedelta(0) <= overlap <= OVERLAP_MAX:
        raise InvalidInput.of(
            "overlap", _("Choose a time from 0 minutes to %(days)s days.") % {"days": OVERLAP_MAX.days}
        )
    signing = secrets_in_force(endpoint, at=at)
    if overlap and len(signing) >= SECRETS_MAX:
        told = _("%(number)s secrets still sign. Wait until one of them ends, or choose 0 to end all old ones now.")
        raise Conflict(told % {"number": SECRETS_MAX}, code="too_many_secrets")
    ends_at = at + overlap
    endpoint.secrets.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=ends_at)).update(expires_at=ends_at)
    return add_secret(endpoint, at=at)


def secrets_in_force(endpoint: WebhookEndpoint, *, at: datetime) -> list[WebhookSecret]:
    """Returns the secrets that sign now, the newest first."""
    return [one for one in endpoint.secrets.all() if one.expires_at is None or one.expires_at > at]


def signature_of(signing: Iterable[WebhookSecret], *, message_id: str, at: datetime, body: str) -> str:
    """Returns the header `webhook-signature`: one signature per secret, separated by spaces.

    Leaves out secrets whose key is neither SECRET_KEY nor a fallback. Raises SecretLost if none is left.
    """
    texts = [text for one in signing if (text := _known_text_of(one))]
    if not texts:
        raise SecretLost
    return " ".join(Webhook(text).sign(message_id, at, body) for text in texts)


def _known_text_of(secret: WebhookSecret) -> str:
    """Returns the text of a secret, or "" if its key is neither SECRET_KEY nor one of SECRET_KEY_FALLBACKS."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        text = _text_of(secret.nonce, key)
        if secrets.compare_digest(_fingerprint_of(text), secret.fingerprint):
            return text
    return ""


def _text_of(nonce: str, key: str) -> str:
    derived = salted_hmac(_SALT, nonce, secret=key, algorithm="sha256").digest()
    return f"whsec_{base64.b64encode(derived).decode()}"


def _fingerprint_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
