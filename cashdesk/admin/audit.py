"""The admin page of the audit trail, which is read-only."""

import json

from django.contrib import admin
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.columns import NOTHING, moment
from cashdesk.admin_base.model_admin import ReadOnlyAdmin, StoreFilter
from cashdesk.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("id", moment("at"), "action", "subject", "store", "user", "token", "request_id")
    joined = ("account", "store", "user", "token")
    list_filter = (StoreFilter,)
    search_fields = ("subject",)
    search_help_text = gettext_lazy("The subject of an entry, such as session:42")
    fields = (moment("at"), "action", "subject", "account", "store", "user", "token", "detail_listed", "request_id")

    @admin.display(description=gettext_lazy("Detail"))
    def detail_listed(self, entry: AuditEntry) -> str:
        """Shows one name and value per line. Amounts are in minor units."""
        return (
            "\n".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in entry.detail.items())
            or NOTHING
        )
