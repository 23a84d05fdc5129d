"""Serializers for the API that manages webhook endpoints: request bodies and answers."""

from typing import Any

from rest_framework import serializers

from cashdesk.enums import DeliveryState, EventType
from cashdesk.models import WebhookDelivery, WebhookEndpoint
from cashdesk.models.webhook import DESCRIPTION_MAX, URL_MAX
from cashdesk.web.fields import InstantField, RowSerializer, StrictSerializer, TextField, WholeNumberField
from cashdesk.web.webhooks.secret import OVERLAP_MAX, OVERLAP_USUAL


class WebhookEndpointSerializer(RowSerializer[WebhookEndpoint]):
    """An endpoint. Only the answer that creates its secret contains the secret."""

    id = serializers.UUIDField(source="uuid")
    store = serializers.CharField(
        source="store.number", default=None, allow_null=True, help_text="Number of the store, or null for all stores."
    )
    types = serializers.ListField(
        child=serializers.ChoiceField(EventType.choices), help_text="The event types that are sent. Empty: all types."
    )
    off_reason = serializers.CharField(help_text="Why it is off: PERSON, GONE, FAILING, or empty while it is on.")
    created_by = serializers.CharField(source="created_by_name", help_text="Name of the person.")

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id", "url", "description", "store", "types", "is_active", "off_reason", "off_since", "failing_since",
            "created_at", "created_by",
        )  # fmt: skip


class WebhookAddedSerializer(WebhookEndpointSerializer):
    """An endpoint with its new secret, which no other answer shows."""

    secret = serializers.CharField(help_text="The secret of the signatures. Keep it: it is not shown again.")

    class Meta:
        model = WebhookEndpoint
        fields = (*WebhookEndpointSerializer.Meta.fields, "secret")


class WebhookChangeRequest(StrictSerializer):
    """The body of `PATCH /webhook-endpoints/{id}`. Fields that are left out do not change."""

    url = TextField(required=False, max_length=URL_MAX, help_text="https, at a public address.")
    description = TextField(required=False, max_length=DESCRIPTION_MAX, allow_blank=True)
    types = serializers.ListField(
        child=TextField(), required=False, max_length=100, help_text="Event types. An empty list means all types."
    )


class WebhookAddRequest(StrictSerializer):
    """The body of `POST /webhook-endpoints`."""

    url = TextField(max_length=URL_MAX, help_text="https, at a public address.")
    description = TextField(default="", max_length=DESCRIPTION_MAX, allow_blank=True)
    store = TextField(default="", allow_blank=True, help_text="Number or UUID of a store. Default: all stores.")
    types = serializers.ListField(
        child=TextField(), default=list, max_length=100, help_text="Event types. An empty list means all types."
    )


class WebhookRotateRequest(StrictSerializer):
    """The body of `POST /webhook-endpoints/{id}/rotate-secret`."""

    hours = WholeNumberField(
        default=OVERLAP_USUAL.days * 24 + OVERLAP_USUAL.seconds // 3600,
        min_value=0,
        max_value=OVERLAP_MAX.days * 24,
        help_text="How long the old secret signs too. 0 ends it at once.",
    )


class WebhookSwitchOnRequest(StrictSerializer):
    """The body of `POST /webhook-endpoints/{id}/switch-on`."""

    send_missed = serializers.BooleanField(
        default=True, help_text="Whether to send the missed events. If false, the waiting deliveries become failed."
    )


class WebhookResendFailedRequest(StrictSerializer):
    """The body of `POST /webhook-endpoints/{id}/resend-failed`."""

    since = InstantField(help_text="Deliveries that failed at this instant or later.")


class WebhookDeliverySerializer(RowSerializer[WebhookDelivery]):
    """One event on its way to an endpoint."""

    event_id = serializers.UUIDField(source="event.uid", help_text="The `webhook-id`.")
    type = serializers.CharField(source="event.type")
    store = serializers.CharField(source="event.store.number")
    station = serializers.IntegerField(source="event.place.number", default=None, allow_null=True)
    state = serializers.ChoiceField(DeliveryState.choices)
    queued_at = InstantField(source="created_at")
    last_error = serializers.CharField(help_text="Why there was no answer, such as timeout. Empty if there was one.")

    class Meta:
        model = WebhookDelivery
        fields = (
            "event_id", "type", "store", "station", "state", "attempts", "last_status", "last_error", "queued_at",
            "next_attempt_at", "ended_at",
        )  # fmt: skip


class WebhookTestSerializer(serializers.Serializer[Any]):
    """The answer of a receiver to `webhook.test`."""

    delivered = serializers.BooleanField(help_text="Whether the receiver took the event.")
    status = serializers.IntegerField(allow_null=True, help_text="The status of the answer, or null without an answer.")
    error = serializers.CharField(help_text="Why there was no answer, such as timeout. Empty if there was one.")
    answer = serializers.CharField(help_text="The beginning of the answer, or a sentence about the error.")
    duration_ms = serializers.IntegerField()


class WebhooksQueuedSerializer(serializers.Serializer[Any]):
    """How many deliveries were queued again."""

    queued = serializers.IntegerField()
