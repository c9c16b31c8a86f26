"""What patients and clients see of themselves."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from audit import recording as audit
from httpapi.transactions import own_transaction
from identity.accounts import verified_emails_of
from modules.crm import services
from modules.crm.forms import BirthDateForm
from modules.crm.models import Note, Patient
from tenancy.requests import Request
from webui.doors import signed_in_page


@signed_in_page("whom the practice does not know yet is sent to say who they are")
def home(request: Request) -> HttpResponse:
    if not request.user.has_perm("access.use_portal"):
        return redirect("crm:claim")
    patients = Patient.objects.visible_to(request.user).active().select_related("client").order_by("first_name")
    notes = Note.objects.visible_to(request.user).select_related("patient").order_by("-signed_at")[:5]
    audit.listed(what=Patient, subjects=[patient.pk for patient in patients], by=request.user)
    return render(request, "crm/portal_home.html", {"patients": patients, "notes": notes})


@signed_in_page("somebody whom the practice does not know yet can still say who they are")
@own_transaction
def claim(request: Request) -> HttpResponse:
    """Somebody signed in whose record was not found by their e-mail alone."""
    if request.user.has_perm("access.use_portal"):
        return redirect("crm:portal_home")
    form = BirthDateForm(request.POST if request.method == "POST" else None)
    tried = form.is_bound and form.is_valid()
    if tried and services.claim_records(
        user=request.user,
        verified_emails=verified_emails_of(request.user),
        birth_date=form.cleaned_data["birth_date"],
        at=timezone.now(),
    ):
        return redirect("crm:portal_home")
    context = {"form": form, "tried": tried}
    return render(request, "crm/claim.html", context, status=422 if form.is_bound else 200)
