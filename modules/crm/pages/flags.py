"""The flags of a patient: those in force, their history, and how they come and go."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import NotAllowed
from modules.crm.forms.flags import EndFlagForm, FlagForm, FlagKindForm, values_of_flag
from modules.crm.models import Flag, FlagKind, Patient
from modules.crm.pages.seen import visible_patient
from modules.crm.selectors import flags as selectors
from modules.crm.services import flags as services
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@page("crm.view_alert")
def flags(request: Request, patient_id: UUID) -> HttpResponse:
    record, now = visible_patient(request, patient_id), timezone.now()
    seen = Flag.objects.visible_to(request.user).filter(patient=record)
    in_force = selectors.in_order(seen.in_force(timezone.localdate(now)))
    audit.viewed(of=record, by=request.user)
    context = {
        "patient": record,
        "in_force": [(flag, selectors.shown_flag(flag), _may_change(request, flag, record)) for flag in in_force],
        "over": selectors.flags_over(record, seen_by=request.user, at=now),
        "may_raise": bool(services.categories_for(user=request.user, patient=record)),
    }
    return render(request, "crm/flags/flags.html", context)


@page("crm.view_alert")
def raise_flag(request: Request, patient_id: UUID) -> HttpResponse:
    """Write one, or choose one of those that are raised often."""
    record = visible_patient(request, patient_id)
    offered = _offered(request, record)
    kinds = [kind for kind in selectors.flag_kinds() if kind.category in offered["categories"]]
    chosen = next((kind for kind in kinds if str(kind.pk) == request.GET.get("kind")), None)
    form = FlagForm(request.POST if request.method == "POST" else None, kind=chosen, **offered)
    status = tried(
        form,
        lambda: services.raise_flag(patient=record, details=form.details(), by=request.user, at=timezone.now()),
    )
    if not status:
        messages.success(request, _("Everybody who should will see it from now on."))
        return redirect("crm:patient", patient_id=record.pk)
    audit.viewed(of=record, by=request.user)
    context = {"patient": record, "form": form, "kinds": kinds, "chosen": chosen}
    return render(request, "crm/flags/raise.html", context, status=status)


@page("crm.view_alert")
def flag(request: Request, patient_id: UUID, flag_id: UUID) -> HttpResponse:
    """Put it right, or end it."""
    found = _visible(request, patient_id, flag_id)
    form = FlagForm(
        request.POST if request.method == "POST" else None,
        initial=values_of_flag(found),
        **_offered(request, found.patient),
    )
    status = tried(form, lambda: services.change_flag(flag=found, details=form.details(), by=request.user))
    if not status:
        messages.success(request, _("Saved."))
        return redirect("crm:flags", patient_id=patient_id)
    return _shown(request, found, form=form, end_form=EndFlagForm(), status=status)


@action("crm.view_alert")
def end(request: Request, patient_id: UUID, flag_id: UUID) -> HttpResponse:
    found = _visible(request, patient_id, flag_id)
    form = EndFlagForm(request.POST)
    status = tried(
        form,
        lambda: services.end_flag(flag=found, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now()),
    )
    if not status:
        messages.success(request, _("It is shown no more. The record keeps it."))
        return redirect("crm:flags", patient_id=patient_id)
    unchanged = FlagForm(initial=values_of_flag(found), **_offered(request, found.patient))
    return _shown(request, found, form=unchanged, end_form=form, status=status)


@page("crm.manage_flag_kinds")
def kinds(request: Request) -> HttpResponse:
    form = FlagKindForm(request.POST or None)
    status = tried(form, lambda: services.add_flag_kind(details=form.details(), by=request.user))
    if not status:
        messages.success(request, _("Added."))
        return redirect("crm:flag_kinds")
    return render(request, "crm/flags/kinds.html", {"form": form, "kinds": selectors.flag_kinds()}, status=status)


@action("crm.manage_flag_kinds")
def end_kind(request: Request, flag_kind_id: UUID) -> HttpResponse:
    kind = get_object_or_404(FlagKind, pk=flag_kind_id)
    services.end_flag_kind(kind=kind, by=request.user, at=timezone.now())
    messages.success(request, _("Not offered any more. Flags that were raised by it stay."))
    return redirect("crm:flag_kinds")


def _visible(request: Request, patient_id: UUID, flag_id: UUID) -> Flag:
    """Return a flag that whoever asks may change. Raises `NotAllowed`."""
    record = visible_patient(request, patient_id)
    rows = Flag.objects.visible_to(request.user).filter(patient=record, ended_at=None)
    found: Flag = get_object_or_404(rows.select_related("patient__client", "kind"), pk=flag_id)
    if not services.may_change_flag(found, by=request.user):
        raise NotAllowed(_("Your role does not change this flag."))
    return found


def _offered(request: Request, record: Patient) -> dict[str, Any]:
    """Return what whoever asks may raise flags about, and among whom. Raises `NotAllowed` if about nothing."""
    categories = services.categories_for(user=request.user, patient=record)
    if not categories:
        raise NotAllowed(_("Your role raises no flags for this record."))
    return {"categories": categories, "reaches": services.reaches_for(user=request.user, patient=record)}


def _may_change(request: Request, flag: Flag, record: Patient) -> bool:
    flag.patient = record
    return services.may_change_flag(flag, by=request.user)


def _shown(request: Request, found: Flag, *, form: FlagForm, end_form: EndFlagForm, status: int) -> HttpResponse:
    audit.viewed(of=found.patient, by=request.user)
    context = {"patient": found.patient, "flag": found, "form": form, "end_form": end_form}
    return render(request, "crm/flags/flag.html", context, status=status)
