"""API routes of this app, under /api/v1. Paths have no trailing slash; ApiPathMiddleware removes one."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from cashdesk.api.auth import AuthViewSet
from cashdesk.api.cash_sessions import CashSessionViewSet
from cashdesk.api.colleagues import ColleagueViewSet, SaleViewSet
from cashdesk.api.events import EventViewSet
from cashdesk.api.midtrans import MidtransNotificationViewSet, MidtransPaymentViewSet
from cashdesk.api.order_list import OrdersViewSet
from cashdesk.api.orders import OrderViewSet
from cashdesk.api.payment_methods import PaymentMethodViewSet
from cashdesk.api.payments import PaymentViewSet
from cashdesk.api.people import PersonViewSet
from cashdesk.api.problems import ProblemViewSet
from cashdesk.api.reports import ReportViewSet
from cashdesk.api.shifts import ShiftViewSet
from cashdesk.api.stores import StoreViewSet
from cashdesk.api.webhooks import WebhookEndpointViewSet

WEBHOOK = "webhook-endpoints/<uuid:endpoint_id>"

router = SimpleRouter(trailing_slash=False)
router.register("auth", AuthViewSet, basename="auth")
router.register("cash", CashSessionViewSet, basename="cash")
router.register("users", ColleagueViewSet, basename="users")
router.register("sales", SaleViewSet, basename="sales")
router.register("shifts", ShiftViewSet, basename="shifts")
router.register("payment-methods", PaymentMethodViewSet, basename="payment-methods")
router.register("reports", ReportViewSet, basename="reports")

urlpatterns = [
    path("payments", PaymentViewSet.as_view({"get": "list", "post": "create"}), name="payments"),
    path("payments/batch", PaymentViewSet.as_view({"post": "batch"}), name="payments-batch"),
    path(
        "payments/midtrans-notification",
        MidtransNotificationViewSet.as_view({"post": "notify"}),
        name="payments-midtrans-notification",
    ),
    path("payments/<path:external_id>", PaymentViewSet.as_view({"get": "retrieve", "patch": "decide"}), name="payment"),
    *router.urls,
    path("events", EventViewSet.as_view({"get": "read"}), name="events"),
    path("problems", ProblemViewSet.as_view({"get": "list"}), name="problems"),
    path("problems/<str:code>", ProblemViewSet.as_view({"get": "retrieve"}), name="problem"),
    path("stores", StoreViewSet.as_view({"get": "list"}), name="stores"),
    path("stores/<uuid:store_id>", StoreViewSet.as_view({"get": "retrieve"}), name="store"),
    path("people", PersonViewSet.as_view({"get": "list"}), name="people"),
    path("people/<int:user_id>", PersonViewSet.as_view({"get": "retrieve"}), name="person"),
    path("orders", OrdersViewSet.as_view({"get": "list", "post": "create"}), name="orders"),
    path("orders/<str:order>", OrderViewSet.as_view({"get": "retrieve"}), name="orders-detail"),
    path("orders/<str:order>/cancel", OrderViewSet.as_view({"post": "cancel"}), name="orders-cancel"),
    path("orders/<str:order>/pay/manual", OrderViewSet.as_view({"post": "pay_manual"}), name="orders-pay-manual"),
    path(
        "orders/<str:order>/pay/midtrans",
        MidtransPaymentViewSet.as_view({"post": "pay_midtrans"}),
        name="orders-pay-midtrans",
    ),
    path(
        "webhook-endpoints", WebhookEndpointViewSet.as_view({"get": "list", "post": "create"}), name="webhook-endpoints"
    ),
    path(
        WEBHOOK,
        WebhookEndpointViewSet.as_view({"get": "retrieve", "patch": "change", "delete": "remove"}),
        name="webhook-endpoint",
    ),
    *(
        path(
            f"{WEBHOOK}/{word}",
            WebhookEndpointViewSet.as_view({method: word.replace("-", "_")}),
            name=f"webhook-{word}",
        )
        for word, method in {
            "rotate-secret": "post",
            "test": "post",
            "switch-off": "post",
            "switch-on": "post",
            "deliveries": "get",
            "resend-failed": "post",
        }.items()
    ),
    *(
        path(
            f"{WEBHOOK}/deliveries/<uuid:event_id>/{word}",
            WebhookEndpointViewSet.as_view({"post": word.replace("-", "_")}),
            name=f"webhook-delivery-{word}",
        )
        for word in ("resend", "give-up")
    ),
]
