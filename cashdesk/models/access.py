"""Access tokens, API keys and sign-in attempts."""

from django.db import models

from cashdesk.enums import TokenKind, TryBy
from cashdesk.models.organisation import Account, Store, Vendor
from cashdesk.models.person import User
from cashdesk.models.place import Place


class AccessToken(models.Model):
    """A token of a signed-in person, or an API key of a program. Its secret authenticates the requests.

    The secret is shown once and never stored. `digest` is the SHA-256 of the secret, and `prefix` is its beginning, by
    which people recognise it.

    A sign-in by the API also has a refresh token; `refresh_digest` is its SHA-256. It can be used until
    `renewable_until`. A refresh creates a new row with the same `family`, and `replaces` of the new row is this row
    (docs/decisions/0029-refresh-tokens.md).
    """

    kind = models.CharField(max_length=16, choices=TokenKind.choices)
    name = models.CharField(max_length=200, blank=True)
    prefix = models.CharField(max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="tokens", null=True, blank=True)
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, related_name="tokens", null=True, blank=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens", null=True, blank=True)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="tokens", null=True, blank=True)
    register = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="tokens", null=True, blank=True)
    scopes = models.JSONField(
        default=list, blank=True, help_text="For API keys only. A person's token has the person's role."
    )
    requests_per_minute = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="For API keys only. If empty, the default of the installation. 0 means no limit.",
    )
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        related_name="replaced_by",
        null=True,
        blank=True,
        help_text="The key or the sign-in token that this one replaces.",
    )
    family = models.UUIDField(
        null=True, blank=True, editable=False, help_text="The sign-in to which this token and its successors belong."
    )
    refresh_digest = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    renewable_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    address = models.CharField(max_length=64, blank=True, editable=False, help_text="Where the person signed in.")
    user_agent = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind=TokenKind.SIGN_IN, user__isnull=False)
                | models.Q(kind=TokenKind.API_KEY, user__isnull=True),
                name="token_speaks_for_one",
            ),
            models.CheckConstraint(
                condition=models.Q(family__isnull=True, refresh_digest__isnull=True)
                | models.Q(kind=TokenKind.SIGN_IN, family__isnull=False, renewable_until__isnull=False),
                name="token_renewed_in_family",
            ),
        )
        indexes = (
            models.Index(
                fields=("family", "created_at"), name="token_by_family", condition=models.Q(family__isnull=False)
            ),
            # `manage.py tidy` finds the refresh tokens that ended.
            models.Index(
                fields=("renewable_until",), name="token_to_tidy", condition=models.Q(refresh_digest__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.prefix}…"


class RequestCount(models.Model):
    """The number of requests of an API key in its last minute, for all processes together.

    Only `domain.people.request_limit` writes it. PostgreSQL keeps the table without a log (UNLOGGED), so that counting
    never waits for the disk. A crash empties it, and then each count begins at 0.
    """

    token = models.OneToOneField(AccessToken, on_delete=models.PROTECT, primary_key=True, related_name="request_count")
    minute = models.BigIntegerField(help_text="Minutes since 1970.")
    requests = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.token_id}: {self.requests}"


class SignInAttempt(models.Model):
    """A failed sign-in attempt, or an attempt whose password is being checked.

    The row is written before the password is checked, so that all of several simultaneous attempts count. A correct
    password deletes it.
    """

    identifier_digest = models.CharField(
        max_length=64, help_text="SHA-256 of the typed name, because people type passwords there."
    )
    source_digest = models.CharField(max_length=64, default="", help_text="SHA-256 of the device, person or address.")
    by = models.CharField(max_length=16, choices=TryBy.choices, default=TryBy.STRANGER)
    address = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = (
            # domain.people.sign_in_throttle counts the recent attempts of a name and of a source.
            models.Index(fields=("identifier_digest", "at"), name="attempt_by_name"),
            models.Index(fields=("source_digest", "at"), name="attempt_by_source"),
        )

    def __str__(self) -> str:
        return f"{self.address} {self.at:%Y-%m-%d %H:%M:%S}"
