"""The admin pages of this app, one file for each noun."""

from django.contrib import admin

from cashdesk.admin import access, audit, ledger, organisation, payment, person, place, session, webhook

__all__ = ["access", "audit", "ledger", "organisation", "payment", "person", "place", "session", "webhook"]

admin.site.site_header = "Cashdesk"
admin.site.site_title = "Cashdesk"
admin.site.index_title = "Back office"
