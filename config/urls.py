"""A tenant's host: every module's pages, the API, and the way in and out."""

from django.urls import include, path

from httpapi.api import api
from kernel.branching import branched
from kernel.mount import page_urls
from tenants.urls import on_tenant
from webui import documentation, files, theme

endpoints, app, namespace = api.urls
urlpatterns = [
    path("", include("identity.urls")),
    path("api/docs/", documentation.api_docs, name="api_docs"),
    path("api/", (branched(endpoints), app, namespace)),
    path("theme/<int:hue>-<int:chroma>.css", theme.stylesheet, name="theme"),
    path("files/<str:token>/", files.stored_file, name="stored_file"),
    *page_urls(),
    path("", include((on_tenant, "tenants"))),
]

handler400 = "webui.errors.bad_request"
handler403 = "webui.errors.permission_denied"
handler404 = "webui.errors.page_not_found"
handler429 = "webui.errors.too_many_requests"  # allauth asks for it
handler500 = "webui.errors.server_error"
