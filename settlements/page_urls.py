"""Page routes for reports (under /reports) and for settling registers and vaults. Paths have no trailing slash."""

from django.urls import path

from settlements.screens.counting import count_page
from settlements.screens.opening import open_page
from settlements.screens.registers import registers_page, settlement_page, start_page
from settlements.screens.report_files import x_file_page, z_file_page
from settlements.screens.reports import places_page, stores_page, x_report_page, z_report_page, z_reports_page
from settlements.screens.vault import vault_page

urlpatterns = [
    path("reports/registers", stores_page, name="report-stores"),
    path("reports/registers/<str:store>", places_page, name="report-places"),
    path("reports/registers/<str:store>/<int:station>/x", x_report_page, name="x-report"),
    path("reports/registers/<str:store>/<int:station>/z", z_reports_page, name="z-reports"),
    path("reports/registers/<str:store>/<int:station>/z/<int:number>", z_report_page, name="z-report"),
    path("reports/registers/<str:store>/<int:station>/x.<slug:file_format>", x_file_page, name="x-report-file"),
    path(
        "reports/registers/<str:store>/<int:station>/z/<int:number>.<slug:file_format>",
        z_file_page,
        name="z-report-file",
    ),
    path("desk/register", registers_page, name="desk-register"),
    path("settlements/open/<str:store>/<int:station>", open_page, name="settlement-open"),
    path("settlements/<uuid:settlement>", settlement_page, name="settlement-page"),
    path("settlements/<uuid:settlement>/start", start_page, name="settlement-start"),
    path("settlements/<uuid:settlement>/count", count_page, name="settlement-count"),
    path("vault", vault_page, name="vault"),
    path("vault/<uuid:store>", vault_page, name="vault-of"),
]
