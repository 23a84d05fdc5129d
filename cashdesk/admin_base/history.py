"""The history of a row in the admin: stored in English, shown in the language of the page."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import override

from cashdesk.enums import Language

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class EnglishHistory(ModelAdmin):
    """Keeps the history in English, so that a stored text never depends on the language of the person."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Stores the entry of the history in English, whoever reads it. The page translates it."""
        with override(Language.ENGLISH):
            return super().log_addition(request, obj, _stored(message))

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        with override(Language.ENGLISH):
            return super().log_change(request, obj, _stored(message))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Translates the names of acts, which entries store in English. Django translates its own words."""
        page: HttpResponse = super().history_view(request, object_id, extra_context)
        for entry in getattr(page, "context_data", {}).get("action_list", ()):
            if not entry.change_message.startswith("["):
                entry.change_message = _(entry.change_message.removesuffix("."))
        return page


def _stored(message: Any) -> Any:
    """Returns what an entry of the history stores: a structure of Django, or the name of an act as a sentence."""
    return message if isinstance(message, list) else f"{message}."
