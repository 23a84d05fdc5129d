"""The admin pages of this app, one file for each noun."""

from django.contrib import admin
from django.utils.translation import gettext_lazy
from django_otp.plugins.otp_static.admin import StaticDevice
from django_otp.plugins.otp_totp.admin import TOTPDevice

from cashdesk.admin import access, audit, ledger, organisation, payment, person, place, session, webhook

__all__ = ["access", "audit", "ledger", "organisation", "payment", "person", "place", "session", "webhook"]

# The pages of django-otp would show the keys of all people.
admin.site.unregister([StaticDevice, TOTPDevice])
admin.site.site_header = "Cashdesk"
admin.site.site_title = "Cashdesk"
admin.site.index_title = gettext_lazy("Back office")
admin.site.enable_nav_sidebar = False
