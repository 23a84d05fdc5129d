"""API routes of this app, under /api/v1.

The paths of cash management also work under `/adapters/xmart`, as in the published API (docs/contracts.md, section 3).
"""

from typing import Any

from django.urls import URLPattern, include, path

from reconciliations.api.authorizations import AuthorizationViewSet
from reconciliations.api.business_days import BusinessDayViewSet
from reconciliations.api.cash_position import CashPositionViewSet
from reconciliations.api.expected import ExpectedViewSet
from reconciliations.api.exports import ExportViewSet
from reconciliations.api.reconciliations import ReconciliationViewSet
from reconciliations.api.variances import VarianceViewSet


def cash_management(**options: Any) -> list[URLPattern]:
    """Returns the routes of cash management. `options` are passed to the views."""
    return [
        path("reconciliations", ReconciliationViewSet.as_view({"get": "list", "post": "create"}, **options)),
        path("expected", ExpectedViewSet.as_view({"get": "list"}, **options)),
        path("authorizations", AuthorizationViewSet.as_view({"post": "create"}, **options)),
    ]


urlpatterns = [
    path("cash-management/", include(cash_management())),
    # The same routes again; `schema=None` keeps them out of the API description.
    path("adapters/xmart/cash-management/", include(cash_management(schema=None))),
    path("business-days", BusinessDayViewSet.as_view({"get": "list"}), name="business-days"),
    path("business-days/<str:date>", BusinessDayViewSet.as_view({"get": "retrieve"}), name="business-day"),
    path("cash-position", CashPositionViewSet.as_view({"get": "list"}), name="cash-position"),
    path("business-days/<str:date>/close", BusinessDayViewSet.as_view({"post": "close"}), name="business-days-close"),
    path("variances", VarianceViewSet.as_view({"get": "list"}), name="variances"),
    path("variances/<uuid:variance_id>", VarianceViewSet.as_view({"get": "retrieve"}), name="variance"),
    *(
        path(f"variances/<uuid:variance_id>/{act}", VarianceViewSet.as_view({"post": act}), name=f"variance-{act}")
        for act in ("explain", "witness", "recount", "approve", "reject", "escalate", "repay")
    ),
    path("exports/<str:table>", ExportViewSet.as_view({"get": "download"}), name="exports-download"),
]
