"""The pages of this app, under /reports."""

from django.urls import path

from settlements.screens.reports import places_page, stores_page, x_report_page, z_report_page, z_reports_page

urlpatterns = [
    path("registers", stores_page, name="report-stores"),
    path("registers/<str:store>", places_page, name="report-places"),
    path("registers/<str:store>/<int:station>/x", x_report_page, name="x-report"),
    path("registers/<str:store>/<int:station>/z", z_reports_page, name="z-reports"),
    path("registers/<str:store>/<int:station>/z/<int:number>", z_report_page, name="z-report"),
]
