"""API routes of settlements, under /api/v1. Paths have no trailing slash; ApiPathMiddleware removes one."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from settlements.api.audit_counts import AuditCountViewSet
from settlements.api.cashbook import CashbookAccountViewSet, CashbookEntryViewSet
from settlements.api.change_orders import ChangeOrderViewSet
from settlements.api.counts import CountViewSet
from settlements.api.deposits import DepositViewSet
from settlements.api.movements import MovementViewSet
from settlements.api.payouts import PayoutViewSet
from settlements.api.registers import RegisterViewSet
from settlements.api.reports import ReportViewSet
from settlements.api.settlements import SettlementViewSet

router = SimpleRouter(trailing_slash=False)
router.register("cashbookentries", CashbookEntryViewSet, basename="cashbookentries")
router.register("cashbookaccounts", CashbookAccountViewSet, basename="cashbookaccounts")

urlpatterns = [
    *router.urls,
    path("settlements", SettlementViewSet.as_view({"get": "list", "post": "create"}), name="settlements"),
    path(
        "settlements/<uuid:settlement_id>",
        SettlementViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="settlement",
    ),
    path("movements", MovementViewSet.as_view({"get": "list", "post": "create"}), name="movements"),
    path("movements/<uuid:movement_id>", MovementViewSet.as_view({"get": "retrieve"}), name="movement"),
    path("change-orders", ChangeOrderViewSet.as_view({"get": "list", "post": "create"}), name="change-orders"),
    path("change-orders/<uuid:order_id>", ChangeOrderViewSet.as_view({"get": "retrieve"}), name="change-order"),
    *(
        path(
            f"change-orders/<uuid:order_id>/{act}",
            ChangeOrderViewSet.as_view({"post": act}),
            name=f"change-order-{act}",
        )
        for act in ("arrive", "cancel")
    ),
    path("counts", CountViewSet.as_view({"get": "list"}), name="counts"),
    path("registers", RegisterViewSet.as_view({"get": "list"}), name="registers"),
    path("registers/<int:station>", RegisterViewSet.as_view({"get": "retrieve"}), name="register"),
    path(
        "movements/<uuid:movement_id>/reverse",
        MovementViewSet.as_view({"post": "reverse"}),
        name="movements-reverse",
    ),
    path(
        "registers/<int:station>/audit-counts",
        AuditCountViewSet.as_view({"post": "create"}),
        name="registers-audit-counts",
    ),
    path(
        "registers/<int:station>/audit-counts/<int:session>/<int:attempt>",
        AuditCountViewSet.as_view({"get": "retrieve"}),
        name="registers-audit-count",
    ),
    path("payouts", PayoutViewSet.as_view({"get": "list", "post": "create"}), name="payouts-api"),
    path("payouts/<uuid:payout_id>", PayoutViewSet.as_view({"get": "retrieve"}), name="payout-api"),
    path("deposits", DepositViewSet.as_view({"get": "list"}), name="deposits"),
    path("deposits/<uuid:deposit_id>", DepositViewSet.as_view({"get": "retrieve"}), name="deposit"),
    path("deposits/<uuid:deposit_id>/collect", DepositViewSet.as_view({"post": "collect"}), name="deposits-collect"),
    path("deposits/<uuid:deposit_id>/credit", DepositViewSet.as_view({"post": "credit"}), name="deposits-credit"),
    path(
        "deposits/<uuid:deposit_id>/correct-credit",
        DepositViewSet.as_view({"post": "correct_credit"}),
        name="deposits-correct-credit",
    ),
    path("registers/<int:station>/no-sale", RegisterViewSet.as_view({"post": "no_sale"}), name="registers-no-sale"),
    path("registers/<int:station>/x-report", ReportViewSet.as_view({"get": "x_report"}), name="registers-x-report"),
    path("registers/<int:station>/z-reports", ReportViewSet.as_view({"get": "z_reports"}), name="registers-z-reports"),
    path(
        "registers/<int:station>/z-reports/<int:number>",
        ReportViewSet.as_view({"get": "z_report"}),
        name="registers-z-report",
    ),
]
