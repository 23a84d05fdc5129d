"""The routes of reconciliations, under /api/v1; also under the path of the original's adapter (docs/contracts.md)."""

from django.urls import include, path

from reconciliations.api.authorizations import AuthorizationViewSet
from reconciliations.api.business_days import BusinessDayViewSet
from reconciliations.api.expected import ExpectedViewSet
from reconciliations.api.reconciliations import ReconciliationViewSet

cash_management = [
    path("reconciliations", ReconciliationViewSet.as_view({"get": "list", "post": "create"}), name="reconciliations"),
    path("expected", ExpectedViewSet.as_view({"get": "list"}), name="expected"),
    path("authorizations", AuthorizationViewSet.as_view({"post": "create"}), name="authorizations"),
]

urlpatterns = [
    path("cash-management/", include(cash_management)),
    path("adapters/xmart/cash-management/", include((cash_management, "xmart"))),
    path("business-days/<str:date>/close", BusinessDayViewSet.as_view({"post": "close"}), name="business-days-close"),
]
