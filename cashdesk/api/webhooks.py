"""Our own API for webhook endpoints (docs/contracts.md, section 6). Only admins use it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.api.webhook_bodies import (
    WebhookAddedSerializer,
    WebhookAddRequest,
    WebhookChangeRequest,
    WebhookDeliverySerializer,
    WebhookEndpointSerializer,
    WebhookResendFailedRequest,
    WebhookRotateRequest,
    WebhooksQueuedSerializer,
    WebhookSwitchOnRequest,
    WebhookTestSerializer,
)
from cashdesk.domain.store.store_reference import store_for
from cashdesk.enums import DeliveryState, Role
from cashdesk.errors import InvalidInput, NotFound
from cashdesk.models import WebhookDelivery, WebhookEndpoint
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.list_filters import PAGE
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM
from cashdesk.web.pagination import InOrder
from cashdesk.web.permissions import Access
from cashdesk.web.views import ApiViewSet
from cashdesk.web.webhooks.delivery import give_up, resend, resend_failed
from cashdesk.web.webhooks.endpoint import (
    add_endpoint,
    change_endpoint,
    endpoints_shown,
    remove_endpoint,
    rotate_secret,
    switch_off,
    switch_on,
)
from cashdesk.web.webhooks.testing import send_test

TAGS: Final = ["Webhooks"]
ADMIN: Final = Access(role=Role.ADMIN)
REFUSALS: Final[Mapping[int, Any]] = {400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM, 409: PROBLEM}


class WebhookEndpointViewSet(ApiViewSet):
    """Manages the addresses that receive events."""

    http_method_names = (*ApiViewSet.http_method_names, "delete")
    dialect = ProblemDialect
    queryset = WebhookEndpoint.objects.none()
    access = dict.fromkeys(
        (
            "list", "create", "retrieve", "change", "remove", "rotate_secret", "test", "switch_off", "switch_on",
            "deliveries", "resend_failed", "resend", "give_up",
        ),
        ADMIN,
    )  # fmt: skip
    # Answers with a secret are not stored. A test waits for the receiver, which must not happen in a transaction.
    not_replayed = ("create", "rotate_secret", "test")
    query_parameters = {"list": InOrder.parameters, "deliveries": ("state", *InOrder.parameters)}
    filter_backends = ()

    @extend_schema(
        operation_id="webhook_endpoints",
        parameters=[*PAGE],
        responses={200: WebhookEndpointSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=TAGS,
    )
    def list(self, request: Request) -> Response:
        """Lists the endpoints of the account, newest first. The `Link` header leads to the next page."""
        pages = InOrder(descending=True)
        page = pages.page(endpoints_shown(by=self.by), request)
        return Response(WebhookEndpointSerializer(page, many=True).data, headers=pages.headers())

    @extend_schema(
        operation_id="add_webhook_endpoint",
        request=WebhookAddRequest,
        responses={201: WebhookAddedSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 409: PROBLEM},
        tags=TAGS,
    )
    def create(self, request: Request) -> Response:
        """Adds an endpoint. It receives events from now on. Only this answer has the secret.

        Idempotency keys have no effect here, because the answer is not stored.
        """
        body = self.validated(WebhookAddRequest)
        reference = body.pop("store")
        bound = self.by.bound_store
        store = store_for(reference=reference, by=self.by) if reference else bound
        account = store.account if store is not None else self.by.user.account if self.by.user is not None else None
        if account is None:
            raise InvalidInput.of("store", "Name a store. You belong to no account.")
        endpoint, secret = add_endpoint(account=account, store=store, **body, by=self.by, at=self.now)
        shown = {**WebhookEndpointSerializer(endpoint).data, "secret": secret}
        return Response(shown, status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="webhook_endpoint",
        responses={200: WebhookEndpointSerializer, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=TAGS,
    )
    def retrieve(self, request: Request, endpoint_id: UUID) -> Response:
        """Shows one endpoint, without its secret."""
        return self._shown(self._endpoint(endpoint_id))

    @extend_schema(
        operation_id="change_webhook_endpoint",
        parameters=[IDEMPOTENCY_KEY],
        request=WebhookChangeRequest,
        responses={200: WebhookEndpointSerializer, **REFUSALS},
        tags=TAGS,
    )
    def change(self, request: Request, endpoint_id: UUID) -> Response:
        """Changes the URL, the description or the event types. Waiting events are sent to the new URL."""
        endpoint = self._endpoint(endpoint_id)
        return self._shown(
            change_endpoint(endpoint=endpoint, **self.validated(WebhookChangeRequest), by=self.by, at=self.now)
        )

    @extend_schema(
        operation_id="remove_webhook_endpoint",
        responses={204: None, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=TAGS,
    )
    def remove(self, request: Request, endpoint_id: UUID) -> Response:
        """Removes an endpoint. It receives no more events."""
        remove_endpoint(endpoint=self._endpoint(endpoint_id), by=self.by, at=self.now)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="rotate_webhook_secret",
        request=WebhookRotateRequest,
        responses={200: WebhookAddedSerializer, **REFUSALS},
        tags=TAGS,
    )
    def rotate_secret(self, request: Request, endpoint_id: UUID) -> Response:
        """Makes a new secret. Only this answer has it. The old secret signs too, for `hours` more hours."""
        endpoint = self._endpoint(endpoint_id)
        overlap = timedelta(hours=self.validated(WebhookRotateRequest)["hours"])
        secret = rotate_secret(endpoint=endpoint, overlap=overlap, by=self.by, at=self.now)
        return Response({**WebhookEndpointSerializer(endpoint).data, "secret": secret})

    @extend_schema(
        operation_id="test_webhook_endpoint",
        request=None,
        responses={
            200: WebhookTestSerializer,
            401: PROBLEM, 403: PROBLEM, 404: PROBLEM,
        },
        tags=TAGS,
    )  # fmt: skip
    def test(self, request: Request, endpoint_id: UUID) -> Response:
        """Sends `webhook.test` at once and shows the answer of the receiver. This can take 10 seconds."""
        outcome = send_test(endpoint=self._endpoint(endpoint_id), by=self.by, at=self.now)
        return Response(
            {
                "delivered": outcome.is_delivered,
                "status": outcome.status,
                "error": outcome.error,
                "answer": outcome.text[:1000],
                "duration_ms": outcome.duration_ms,
            }
        )

    @extend_schema(
        operation_id="switch_webhook_endpoint_off",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: WebhookEndpointSerializer, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=TAGS,
    )
    def switch_off(self, request: Request, endpoint_id: UUID) -> Response:
        """Stops sending until the endpoint is switched on again."""
        return self._shown(switch_off(endpoint=self._endpoint(endpoint_id), by=self.by, at=self.now))

    @extend_schema(
        operation_id="switch_webhook_endpoint_on",
        parameters=[IDEMPOTENCY_KEY],
        request=WebhookSwitchOnRequest,
        responses={200: WebhookEndpointSerializer, **REFUSALS},
        tags=TAGS,
    )
    def switch_on(self, request: Request, endpoint_id: UUID) -> Response:
        """Starts sending again, with the missed events first, unless `send_missed` is false."""
        endpoint = self._endpoint(endpoint_id)
        sends_missed = self.validated(WebhookSwitchOnRequest)["send_missed"]
        return self._shown(switch_on(endpoint=endpoint, sends_missed=sends_missed, by=self.by, at=self.now))

    @extend_schema(
        operation_id="webhook_deliveries",
        parameters=[
            OpenApiParameter("state", str, enum=DeliveryState.values, description="Only deliveries in this state."),
            *PAGE,
        ],
        responses={200: WebhookDeliverySerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=TAGS,
    )
    def deliveries(self, request: Request, endpoint_id: UUID) -> Response:
        """Lists the deliveries of the last 30 days, newest first. The `Link` header leads to the next page."""
        rows = self._endpoint(endpoint_id).deliveries.select_related("event__store", "event__place")
        state = request.query_params.get("state")
        if state is not None:
            if state not in DeliveryState.values:
                raise InvalidInput.of("state", f"Choose one of these: {', '.join(DeliveryState.values)}.")
            rows = rows.filter(state=state)
        pages = InOrder(descending=True)
        page = pages.page(rows, request)
        return Response(WebhookDeliverySerializer(page, many=True).data, headers=pages.headers())

    @extend_schema(
        operation_id="resend_failed_webhook_deliveries",
        parameters=[IDEMPOTENCY_KEY],
        request=WebhookResendFailedRequest,
        responses={200: WebhooksQueuedSerializer, **REFUSALS},
        tags=TAGS,
    )
    def resend_failed(self, request: Request, endpoint_id: UUID) -> Response:
        """Queues again all deliveries that failed since an instant, oldest first, at most 10,000."""
        endpoint = self._endpoint(endpoint_id)
        since = self.validated(WebhookResendFailedRequest)["since"]
        return Response({"queued": resend_failed(endpoint=endpoint, since=since, by=self.by, at=self.now)})

    @extend_schema(
        operation_id="resend_webhook_delivery",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: WebhookDeliverySerializer, **REFUSALS},
        tags=TAGS,
    )
    def resend(self, request: Request, endpoint_id: UUID, event_id: UUID) -> Response:
        """Queues an event again, with the same id."""
        delivery = self._delivery(endpoint_id, event_id)
        resend(delivery=delivery, by=self.by, at=self.now)
        delivery.refresh_from_db()
        return Response(WebhookDeliverySerializer(delivery).data)

    @extend_schema(
        operation_id="give_up_webhook_delivery",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: WebhookDeliverySerializer, **REFUSALS},
        tags=TAGS,
    )
    def give_up(self, request: Request, endpoint_id: UUID, event_id: UUID) -> Response:
        """Stops trying to deliver an event, so that the next event of its place is sent."""
        delivery = self._delivery(endpoint_id, event_id)
        give_up(delivery=delivery, by=self.by, at=self.now)
        delivery.refresh_from_db()
        return Response(WebhookDeliverySerializer(delivery).data)

    def _endpoint(self, endpoint_id: UUID) -> WebhookEndpoint:
        found = endpoints_shown(by=self.by).filter(uuid=endpoint_id).first()
        if found is None:
            raise NotFound("There is no webhook endpoint with this id.")
        return found

    def _delivery(self, endpoint_id: UUID, event_id: UUID) -> WebhookDelivery:
        rows = self._endpoint(endpoint_id).deliveries.select_related(
            "endpoint__account", "event__store", "event__place"
        )
        found = rows.filter(event__uid=event_id).first()
        if found is None:
            raise NotFound("This event was not sent to the endpoint, or it is older than 30 days.")
        return found

    def _shown(self, endpoint: WebhookEndpoint) -> Response:
        return Response(WebhookEndpointSerializer(endpoint).data)
