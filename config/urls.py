"""A tenant's host: every module's pages, the API, and the way in and out."""

from django.urls import include, path

from httpapi.api import api
from kernel.mount import page_urls

urlpatterns = [
    path("", include("identity.urls")),
    path("api/", api.urls),
    *page_urls(),
]
