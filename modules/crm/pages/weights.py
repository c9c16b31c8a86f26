"""What animals weigh: the curve on the record's page, and the next weight."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import recording as audit
from modules.crm import services
from modules.crm.domain.weights import HEIGHT, WIDTH, Weighed, shown
from modules.crm.domain.weights import curve_of as points_of
from modules.crm.forms.animals import WeightForm
from modules.crm.models import Patient, Weight
from modules.crm.pages.seen import visible_patient
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried

IN_CURVE, IN_TABLE = 100, 5


@dataclass(frozen=True, slots=True)
class Curve:
    """The last weights, drawn and told; the table beside has the latest of them."""

    rows: list[Weight]
    last: Weight | None
    line: str
    sentence: str
    width: int = WIDTH
    height: int = HEIGHT


def curve_of(patient: Patient) -> Curve:
    rows = list(patient.weights.order_by("-measured_at", "-pk")[:IN_CURVE])
    points = points_of([Weighed(row.measured_at, row.grams) for row in rows])
    line = " ".join(f"{'L' if at else 'M'}{point.x} {point.y}" for at, point in enumerate(points))
    return Curve(rows[:IN_TABLE], rows[0] if rows else None, line, _told(rows))


def _told(rows: list[Weight]) -> str:
    """Say in a sentence what the curve shows."""
    if not rows:
        return ""
    grams = [row.grams for row in rows]
    words = {"n": len(rows), "first": shown(grams[-1]), "last": shown(grams[0]), "high": shown(max(grams))}
    return (
        ngettext("One weight: %(last)s", "%(n)d weights, from %(first)s to %(last)s, at most %(high)s", len(rows))
        % words
    )


@page("crm.change_patient")
def weigh(request: Request, patient_id: UUID) -> HttpResponse:
    """Note a weight: of now from the record's page, of another day from here."""
    record = visible_patient(request, patient_id)
    form = WeightForm(request.POST if request.method == "POST" else None)
    if not tried(form, lambda: services.weigh(patient=record, **form.cleaned_data, by=request.user, at=timezone.now())):
        messages.success(request, _("Saved."))
        return redirect("crm:patient", patient_id=record.pk)
    audit.viewed(of=record, by=request.user)
    context = {"patient": record, "form": form}
    return render(request, "crm/weigh.html", context, status=422 if form.is_bound else 200)


@action("crm.change_patient")
def strike(request: Request, patient_id: UUID, weight_id: UUID) -> HttpResponse:
    record = visible_patient(request, patient_id)
    weight = get_object_or_404(Weight.objects.select_related("patient__client"), pk=weight_id, patient=record)
    services.strike_weight(weight=weight, by=request.user)
    messages.success(request, _("%(weight)s is struck.") % {"weight": weight})
    return redirect("crm:patient", patient_id=record.pk)
