"""All URLs of the project."""

from django.contrib import admin
from django.urls import include, path

from cashdesk.screens.sign_in import back_office_sign_in
from cashdesk.web.description.view import DescriptionView, DocsView
from cashdesk.web.health import livez, readyz

urlpatterns = [
    # The busiest paths come first, because Django tries one after another.
    path("api/v1/schema", DescriptionView.as_view(), name="schema"),
    path("api/v1/docs", DocsView.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include("cashdesk.urls")),
    path("api/v1/", include("settlements.urls")),
    path("api/v1/", include("reconciliations.urls")),
    path("", include("cashdesk.page_urls")),
    path("", include("cashdesk.setting_urls")),
    path("", include("settlements.page_urls")),
    path("", include("settlements.desk_urls")),
    path("", include("settlements.setting_urls")),
    path("", include("reconciliations.page_urls")),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    # Before the admin's own path: it asks for the second factor too.
    path("admin/login/", back_office_sign_in, name="back-office-sign-in"),
    path("admin/", admin.site.urls),
]

handler400 = "cashdesk.web.errors.bad_request"
handler403 = "cashdesk.web.errors.forbidden"
handler404 = "cashdesk.web.errors.not_found"
handler500 = "cashdesk.web.errors.server_error"
