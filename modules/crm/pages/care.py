"""Who has a patient in their care, to whom the record is lent, and the door for emergencies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from access.grounds import Ground
from audit import recording as audit
from httpapi.transactions import own_transaction
from kernel import limits
from kernel.errors import DomainError, NotAllowed
from modules.crm import selectors, services
from modules.crm.forms.people import AccessForm, DescriptionForm, EmergencyForm, EndForm
from modules.crm.models import CARE, KINDS, Patient
from modules.crm.pages.seen import visible_patient
from modules.crm.rules import GRANT_LABELS
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal


@page("crm.manage_care")
@require_GET
def care(request: Request, patient_id: UUID) -> HttpResponse:
    return _show(request, _managed(request, patient_id), AccessForm(colleagues=selectors.colleagues_who_treat()))


@action("crm.manage_care")
def give(request: Request, patient_id: UUID) -> HttpResponse:
    """Put the patient into a colleague's care, or share the record with one."""
    patient = _managed(request, patient_id)
    form = AccessForm(request.POST, colleagues=selectors.colleagues_who_treat())
    status = 422
    if form.is_valid():
        try:
            _give(request, patient, form)
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            messages.success(request, _("Done. It holds from the next page they open."))
            return redirect("crm:care", patient_id=patient.pk)
    return _show(request, patient, form, status=status)


def _give(request: Request, patient: Patient, form: AccessForm) -> None:
    given = form.cleaned_data
    whom: dict[str, Any] = {"patient": patient, "member_id": given["member_id"], "reason": given["reason"]}
    if given["kind"] == KINDS[CARE]:
        services.put_into_care(**whom, by=request.user, at=timezone.now())
    else:
        services.share_record(**whom, until=form.until(), by=request.user, at=timezone.now())


@page("crm.manage_care")
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: Request, patient_id: UUID) -> HttpResponse:
    """Ask why, and to whom it goes; then end it. `?whom=` and `?kind=` say what."""
    patient = _managed(request, patient_id)
    entry = _entry(request, patient)
    receivers = [each for each in selectors.colleagues_who_treat() if each.user_id != entry.grant.user_id]
    form = EndForm(request.POST or None, receivers=receivers if entry.grant.kind == CARE else [])
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            services.end_access(
                patient=patient,
                user_id=entry.grant.user_id,
                kind=entry.grant.kind,
                reason=form.cleaned_data["reason"],
                to=form.cleaned_data.get("to") or None,
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            messages.success(request, _("Ended. %(name)s no longer reaches it this way.") % {"name": entry.name})
            return redirect(_after_end(request, patient))
    audit.viewed(of=patient, by=request.user, how="viewed_care")
    return render(
        request, "crm/end_access.html", {"patient": patient, "entry": _line(entry), "form": form}, status=status
    )


def _after_end(request: Request, patient: Patient) -> str:
    """Return to the record, unless whoever has just ended their own care no longer sees it."""
    if not Patient.objects.visible_to(request.user).filter(pk=patient.pk).exists():
        return reverse("crm:patients")
    still_manages = request.user.has_perm("crm.manage_care", patient)
    return reverse("crm:care" if still_manages else "crm:patient", args=[patient.pk])


@page("crm.open_in_emergency")
@own_transaction
@require_http_methods(["GET", "HEAD", "POST"])
def emergency(request: Request) -> HttpResponse:
    """Open the record of somebody who is not in one's care, by what they can tell of themselves."""
    form = DescriptionForm(request.POST or None, vertical=request.tenant.vertical)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        limits.count("emergency", str(request.user.pk), at_most=services.EMERGENCIES_PER_HOUR, seconds=3600)
        try:
            opened = services.open_described(
                described=form.described(), reason=form.cleaned_data["reason"], by=request.user, at=timezone.now()
            )
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            return _opened(request, opened.content_object_id)
    return render(request, "crm/emergency.html", {"form": form, "minutes": MINUTES}, status=status)


@page("crm.open_in_emergency")
@require_http_methods(["GET", "HEAD", "POST"])
def emergency_of(request: Request, patient_id: UUID) -> HttpResponse:
    """The same, for somebody whose registration one sees, and whose notes one does not."""
    patient = visible_patient(request, patient_id)
    form = EmergencyForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            services.open_in_emergency(
                patient=patient, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now()
            )
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            return _opened(request, patient.pk)
    audit.viewed(of=patient, by=request.user, how="viewed_care")
    context = {"form": form, "patient": patient, "minutes": MINUTES}
    return render(request, "crm/emergency.html", context, status=status)


MINUTES = services.EMERGENCY_LASTS // timedelta(minutes=1)


@page("crm.view_access")
@require_GET
def access(request: Request, patient_id: UUID) -> HttpResponse:
    """Who can see this person, and why."""
    patient = visible_patient(request, patient_id)
    if not request.user.has_perm("crm.view_access", patient):
        raise NotAllowed(_("You see this of your own patients only."))
    readers = selectors.who_can_see(patient)
    names = selectors.names_of(giver for reader in readers for giver in reader.givers)
    context = {
        "patient": patient,
        "readers": [{"reader": reader, "ways": _ways(reader, names)} for reader in readers],
        "may_manage_care": request.user.has_perm("crm.manage_care", patient),
        "may_see_log": request.user.has_perm("audit.view"),
    }
    audit.viewed(of=patient, by=request.user, how="viewed_care")
    return render(request, "crm/access.html", context)


def given_by(ground: Ground, names: dict[UUID, str]) -> str:
    return names.get(ground.by_id, "") if ground.by_id else ""


def _ways(reader: selectors.Reader, names: dict[UUID, str]) -> list[dict[str, Any]]:
    return [
        {"way": way, "grounds": [{"ground": each, "given_by": given_by(each, names)} for each in way.grounds]}
        for way in reader.ways
    ]


def _opened(request: Request, patient_id: UUID) -> HttpResponse:
    messages.warning(request, _("Open for one hour. It is logged, and the owners have been told."))
    return redirect("crm:patient", patient_id=patient_id)


def _show(request: Request, patient: Patient, form: AccessForm, *, status: int = 200) -> HttpResponse:
    context = {
        "patient": patient,
        "team": [_line(entry) for entry in selectors.access_in_force(patient)],
        "ended": [_line(entry) for entry in selectors.access_ended(patient)],
        "form": form,
        "may_see_access": request.user.has_perm("crm.view_access", patient),
        "own_only": services.ends_own_only(request.user),
    }
    audit.viewed(of=patient, by=request.user, how="viewed_care")
    return render(request, "crm/care.html", context, status=status)


def _line(entry: selectors.Access) -> dict[str, Any]:
    return {
        "grant": entry.grant,
        "label": GRANT_LABELS[entry.grant.kind],
        "kind": KINDS[entry.grant.kind],
        "name": entry.name,
        "given_by": entry.given_by,
        "ended_by": entry.ended_by,
    }


def _managed(request: Request, patient_id: UUID) -> Patient:
    patient = visible_patient(request, patient_id)
    if not request.user.has_perm("crm.manage_care", patient):
        raise NotAllowed(_("You hand over, share and end the care of your own patients only."))
    return patient


def _entry(request: Request, patient: Patient) -> selectors.Access:
    whom, kind = request.GET.get("whom", ""), request.GET.get("kind", "")
    for entry in selectors.access_in_force(patient):
        if (str(entry.grant.user_id), KINDS[entry.grant.kind]) == (whom, kind):
            return entry
    raise Http404
