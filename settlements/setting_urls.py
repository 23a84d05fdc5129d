"""Page routes for the settings of the reasons for cash paid in and out. Paths have no trailing slash."""

from django.urls import path

from settlements.screens.reasons import new_reason_page, reason_page, reasons_page, store_reasons_page

urlpatterns = [
    path("settings/reasons", reasons_page, name="settings-reasons"),
    path("settings/reasons/<uuid:store>", store_reasons_page, name="settings-reasons-of"),
    path("settings/reasons/<uuid:store>/new", new_reason_page, name="settings-reason-new"),
    path("settings/reasons/<uuid:store>/<int:account>", reason_page, name="settings-reason"),
]
