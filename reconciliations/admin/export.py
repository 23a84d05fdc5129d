"""Exports, read-only: who requested which table, and the progress of each export. The exports page creates the files."""

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.columns import day, moment
from cashdesk.admin_base.model_admin import ReadOnlyAdmin, StoreFilter
from cashdesk.admin_base.scopes import of_stores, register_scope
from reconciliations.models import Export

register_scope(Export, of_stores("store"))


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__", "store", "table", day("first_date"), day("last_date"), "file_format", "requested_by_shown", "state",
        moment("begun_at"),
    )  # fmt: skip
    joined: ClassVar[tuple[str, ...]] = ("store", "requested_by_user")
    list_filter = (StoreFilter, "state", "file_format")
    search_fields = ("pk", "uuid")
    search_help_text = gettext_lazy("Number or UUID of an export")
    fields = (
        "uuid", "store", "table", day("first_date"), day("last_date"), "file_format", "requested_by",
        "requested_by_user", "state", "rows_total", "rows_done", moment("begun_at"), moment("progressed_at"),
        moment("ended_at"),
    )  # fmt: skip

    @admin.display(description=gettext_lazy("Requested by"))
    def requested_by_shown(self, export: Export) -> str:
        return export.requested_by_name
