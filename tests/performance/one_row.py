"""The smallest page that asks the database: one row by its key, for row 11."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path

from access.models import Member

THE_ROW = UUID("01920000-0000-7000-8000-000000000011")


def one_row(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Member.objects.values_list("name", flat=True).get(pk=THE_ROW))


urlpatterns = [path("", one_row)]
