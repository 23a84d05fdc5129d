"""Page routes of this app: Today, the search, exports and recounts."""

from django.urls import path

from reconciliations.screens.exports import export_file_page, export_progress_page, exports_page
from reconciliations.screens.recount import recount_page, session_recount_page
from reconciliations.screens.search import search_page
from reconciliations.screens.today import today_now_page, today_page

urlpatterns = [
    path("today", today_page, name="today"),
    path("today/<uuid:store>/now", today_now_page, name="today-now"),
    path("search", search_page, name="search"),
    path("desk/sessions/<uuid:session>/recount", session_recount_page, name="session-recount"),
    path("variances/<uuid:variance>/recount", recount_page, name="recount"),
    path("reports/exports/", exports_page, name="exports"),
    path("reports/exports/file", export_file_page, name="export-file"),
    path("reports/exports/<uuid:export>/progress", export_progress_page, name="export-progress"),
]
