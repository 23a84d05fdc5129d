"""Our own API for exports: a table of a store for a range of business days, as a file."""

from datetime import date

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from cashdesk.enums import Role, Scope
from cashdesk.errors import NotFound
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.openapi import PROBLEM
from cashdesk.web.permissions import Access
from cashdesk.web.views import ApiViewSet
from reconciliations.api.common import refuse_loose_key
from reconciliations.domain.export import DAYS_MAX
from reconciliations.enums import FileFormat
from reconciliations.exports.download import CONTENT_TYPES, answer
from reconciliations.exports.export_request import read_request
from reconciliations.exports.tables import TABLES
from reconciliations.models import Export


class ExportViewSet(ApiViewSet):
    """Export a table as a file. Every export is recorded."""

    dialect = ProblemDialect
    queryset = Export.objects.none()
    access = {"download": Access(role=Role.MANAGER, scope=Scope.CASH_MANAGEMENT_READ)}
    query_parameters = {"download": ("store", "from", "to", "file")}

    @extend_schema(
        operation_id="export_download",
        parameters=[
            OpenApiParameter("table", str, OpenApiParameter.PATH, enum=list(TABLES)),
            OpenApiParameter("store", str, description="Number or UUID of a store. Default: your own store."),
            OpenApiParameter("from", date, required=True, description="First business date."),
            OpenApiParameter(
                "to", date, required=True, description=f"Last business date. The range has at most {DAYS_MAX} days."
            ),
            OpenApiParameter("file", str, enum=FileFormat.values, description="Default: csv."),
        ],
        responses={
            (200, "text/csv"): OpenApiTypes.STR,
            (200, CONTENT_TYPES[FileFormat.XLSX]): OpenApiTypes.BINARY,
            400: PROBLEM,
            401: PROBLEM,
            403: PROBLEM,
            404: PROBLEM,
        },
        tags=["Exports"],
    )
    def download(self, request: Request, table: str) -> HttpResponseBase:
        """Sends the file in pieces, with any number of rows.

        For managers and above, because movements of open drawers reveal the expected amount.
        """
        refuse_loose_key(self.by)
        if table not in TABLES:
            raise NotFound(f"There is no table with this name. Choose one of these: {', '.join(TABLES)}.")
        asked = read_request({**request.query_params.dict(), "table": table}, by=self.by)
        return answer(asked=asked, by=self.by, is_wanted=request.method != "HEAD")
