"""The page of a place, with a link to its settlements. It replaces the ground floor's page."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cashdesk.admin.place import PlaceAdmin
from cashdesk.admin_base.columns import link_to_list
from cashdesk.models import Place
from settlements.models import Settlement

admin.site.unregister(Place)


@admin.register(Place)
class SettledPlaceAdmin(PlaceAdmin):
    @admin.display(description="related")
    def belonging(self, place: Place) -> SafeString:
        settlements = link_to_list(Settlement, text="Settlements", place__exact=place.pk)
        return format_html("{} · {}", settlements, super().belonging(place))
