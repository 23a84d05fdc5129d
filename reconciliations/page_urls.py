"""The pages of this app, under /reports."""

from django.urls import path

from reconciliations.screens.exports import export_file_page, export_progress_page, exports_page

urlpatterns = [
    path("exports/", exports_page, name="exports"),
    path("exports/file", export_file_page, name="export-file"),
    path("exports/<uuid:export>/progress", export_progress_page, name="export-progress"),
]
