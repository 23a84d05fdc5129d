"""The second factor of a person: an authenticator app, and recovery codes. The tables are those of django-otp."""

import base64
import hashlib
import secrets
from typing import Final

from django.conf import settings
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

_SALT: Final = "cashdesk.second_factor.key"
_NONCE_DIGITS: Final = 40
KEY_BYTES: Final = 20


class KeyLost(Exception):
    """The key of an authenticator app cannot be calculated.

    SECRET_KEY has changed since, and SECRET_KEY_FALLBACKS does not have the old key.
    """


class Authenticator(TOTPDevice):  # type: ignore[misc]  # the package has no types
    """An app that shows a new code every 30 seconds (RFC 6238).

    The key that the app holds is not stored. It is calculated from SECRET_KEY and the random beginning of `key`. The
    rest of `key` is a fingerprint, which tells whether SECRET_KEY is still the same.
    """

    class Meta:
        proxy = True

    @property
    def bin_key(self) -> bytes:
        """The key that the app holds. Raises KeyLost."""
        nonce, fingerprint = self.key[:_NONCE_DIGITS], self.key[_NONCE_DIGITS:]
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            found = _derived(nonce, secret)
            if secrets.compare_digest(_fingerprint_of(found), fingerprint):
                return found
        raise KeyLost


class RecoveryCodes(StaticDevice):  # type: ignore[misc]  # the package has no types
    """The recovery codes of a person. Each works once. The table has only their digests."""

    class Meta:
        proxy = True

    def verify_token(self, token: str) -> bool:
        """Whether a code is one of the unused ones. Deletes it."""
        return bool(super().verify_token(digest_of_code(token)))


def new_key() -> str:
    """Returns a new value of `Authenticator.key`. The app's own key cannot be calculated from it without SECRET_KEY."""
    nonce = secrets.token_hex(_NONCE_DIGITS // 2)
    return nonce + _fingerprint_of(_derived(nonce, settings.SECRET_KEY))


def digest_of_code(code: str) -> str:
    """Returns the digest that is stored for a recovery code: 80 bits of its SHA-256. The code itself has 80 random bits."""
    return base64.b32encode(hashlib.sha256(code.encode()).digest()[:10]).decode().lower()


def _derived(nonce: str, secret: str) -> bytes:
    return salted_hmac(_SALT, nonce, secret=secret, algorithm="sha256").digest()[:KEY_BYTES]


def _fingerprint_of(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]
