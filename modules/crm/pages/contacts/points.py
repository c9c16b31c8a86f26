"""The further phones and e-mails in the forms of the desk, and the one that is tried first."""

from __future__ import annotations

from typing import Any, TypeAlias
from uuid import UUID

from django.contrib import messages
from django.forms import BaseFormSet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from modules.crm.forms.contacts.points import PointForm, is_about_lines, lines_as_asked, lines_for, points_in
from modules.crm.models import Client, ContactPoint
from modules.crm.pages.seen import visible_patient
from modules.crm.services.contacts.points import make_first, set_contact_points
from tenancy.requests import Request
from webui.doors import action

Typed: TypeAlias = "BaseFormSet[PointForm]"


def asks_for_lines(request: Request) -> bool:
    """Test whether the form came back for a line more or less only."""
    return request.method == "POST" and is_about_lines(request.POST)


def lines_of(request: Request, client: Client | None = None) -> Typed:
    if asks_for_lines(request):
        return lines_as_asked(request.POST)
    return lines_for(request.POST if request.method == "POST" else None, client=client)


def are_fine(lines: Typed) -> bool:
    return not lines.is_bound or lines.is_valid()


def keep_lines(lines: Typed, client: Client, *, by: Any) -> None:
    """Keep what the lines say. A form that had none changes none."""
    points = points_in(lines)
    if points is not None:
        set_contact_points(client=client, points=points, by=by)


@action("crm.change_patient")
def first(request: Request, patient_id: UUID, contact_point_id: UUID) -> HttpResponse:
    """Have this one be tried first."""
    record = visible_patient(request, patient_id)
    point = get_object_or_404(ContactPoint.objects.select_related("client"), pk=contact_point_id, client=record.client)
    make_first(point=point, by=request.user)
    messages.success(request, _("%(value)s is tried first now.") % {"value": point})
    return redirect("crm:patient", patient_id=record.pk)
