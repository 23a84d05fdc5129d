"""Webhooks: the addresses that receive events, and the delivery of each event."""

from django.db import models
from django.db.models import Q

from cashdesk.enums import DeliveryState, OffReason
from cashdesk.models.event import Event
from cashdesk.models.organisation import Account, Store
from cashdesk.models.person import User
from cashdesk.models.public_id import PublicIdModel

URL_MAX = 500
DESCRIPTION_MAX = 200
ANSWER_MAX = 1000
"""How many characters of an answer are kept."""


class WebhookEndpoint(PublicIdModel):
    """An address that receives the events of one account, or of one of its stores.

    `position` is the position of the newest event that `fan_out` has handled for this endpoint. `failing_since` is the
    first failure after the last delivery.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="webhook_endpoints")
    store = models.ForeignKey(
        Store,
        on_delete=models.PROTECT,
        related_name="webhook_endpoints",
        null=True,
        blank=True,
        help_text="Only events of this store are sent. Empty: those of all stores.",
    )
    url = models.CharField("URL", max_length=URL_MAX)
    description = models.CharField(max_length=DESCRIPTION_MAX, blank=True)
    types = models.JSONField("event types", default=list, blank=True, help_text="Empty: events of all types are sent.")
    is_active = models.BooleanField("on", default=True)
    off_reason = models.CharField(max_length=16, choices=OffReason.choices, blank=True)
    off_since = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    created_by_name = models.CharField("created by", max_length=200)
    position = models.PositiveBigIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "webhook endpoint"
        ordering = ("-pk",)
        indexes = (
            # The worker looks for events for all endpoints that are on.
            models.Index(fields=("position",), condition=Q(is_active=True), name="webhook_endpoint_on"),
        )

    def __str__(self) -> str:
        return self.description or self.url.partition("://")[2].partition("/")[0]


class WebhookSecret(models.Model):
    """A secret with which the deliveries to an endpoint are signed. During a rotation there are several.

    The secret itself is not stored. It is calculated from SECRET_KEY and `nonce`
    (docs/decisions/0036-webhooks.md). `fingerprint` tells whether SECRET_KEY is still the same.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="secrets")
    nonce = models.CharField(max_length=64, editable=False)
    fingerprint = models.CharField(max_length=16, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.fingerprint


class WebhookLane(models.Model):
    """The events of one place on their way to one endpoint, one at a time. Events without a place share the
    lane of their store.

    `due_at` is the time of the next attempt, or empty if nothing waits. A worker leases the lane while it sends:
    `lease` names the claim, and after `leased_until` another worker may claim the lane.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="lanes", db_index=False)
    key = models.CharField(max_length=32, help_text="place:12, or store:3 for events without a place.")
    due_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("endpoint", "key"), name="webhook_lane_once"),)
        indexes = (
            # The worker finds the lanes that are due.
            models.Index(fields=("due_at",), condition=Q(due_at__isnull=False), name="webhook_lane_due"),
        )

    def __str__(self) -> str:
        return self.key


class WebhookDelivery(models.Model):
    """One event for one endpoint, with the outcome of the last attempt.

    `failures` counts the failed attempts since the event was queued, or queued again by a person. `attempts` counts all
    attempts.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    lane = models.ForeignKey(WebhookLane, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries")
    position = models.PositiveBigIntegerField(editable=False)
    state = models.CharField(max_length=16, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    created_at = models.DateTimeField()
    first_attempt_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("endpoint", "event"), name="webhook_delivery_once"),)
        indexes = (
            # The next event of a lane.
            models.Index(
                fields=("lane", "position"), condition=Q(state=DeliveryState.WAITING), name="webhook_delivery_next"
            ),
            # The log of an endpoint, newest first, whole and by state.
            models.Index(fields=("endpoint", "-id"), name="webhook_delivery_log"),
            models.Index(fields=("endpoint", "state", "-id"), name="webhook_delivery_states"),
            # manage.py tidy deletes old deliveries.
            models.Index(fields=("ended_at",), name="webhook_delivery_by_age"),
        )

    def __str__(self) -> str:
        return str(self.event)


class WebhookAttempt(models.Model):
    """One HTTP request of a delivery, with the beginning of the answer. `error` is set if there was no answer."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.PROTECT, related_name="attempts_made")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=32, blank=True)
    answer = models.CharField(max_length=ANSWER_MAX, blank=True)

    class Meta:
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"{self.number}"
