"""Adds to the page of a place a link to its settlements."""

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cashdesk.admin_base.additions import Addition, add_to_page
from cashdesk.admin_base.columns import link_to_list
from cashdesk.models import Place
from settlements.models import Settlement


def settlements_of(place: Place) -> SafeString:
    """Links to the settlements of a place."""
    return link_to_list(Settlement, text=_("Settlements"), place__exact=place.pk)


add_to_page(Place, Addition(links=(settlements_of,)))
