"""Make two records one: choose, look at what goes along, merge; and take it apart again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm.models import Client, Merge, Patient
from modules.crm.pages.seen import visible_patient
from modules.crm.services.merging import (
    choosable,
    merge_clients,
    merge_patients,
    plan_of_clients,
    plan_of_patients,
    plan_undo,
    undo_merge,
)
from tenancy.requests import Request
from webui.doors import page

PER_PAGE = 50


@page("crm.merge_patients")
def merge(request: Request, patient_id: UUID) -> HttpResponse:
    """Compare records with the one that is to stay, and make them one."""
    record = visible_patient(request, patient_id)
    others = _chosen(request, besides=patient_id)
    if not others:
        audit.viewed(of=record, by=request.user)
        return render(request, "crm/merging/choose.html", {"patient": record})
    seen = Patient.objects.visible_to(request.user).select_related("client")
    patients = [record, *_in_order(seen, others)]
    if request.method == "POST":
        return _merged(request, merge_patients, {"patient_ids": [patient_id, *others]}, patients)
    audit.listed(what=Patient, subjects=[each.pk for each in patients], by=request.user)
    return _shown(request, patients)


@page("crm.merge_patients")
def merge_owners(request: Request, client_id: UUID) -> HttpResponse:
    """The same for clients: each of their patients stays one."""
    others = _chosen(request, besides=client_id)
    clients = _in_order(Client.objects.of_patients_seen_by(request.user), [client_id, *others])
    if not others:
        audit.listed(what=Client, subjects=[client_id], by=request.user)
        return render(request, "crm/merging/choose_client.html", {"client": clients[0]})
    if request.method == "POST":
        return _merged(request, merge_clients, {"client_ids": [client_id, *others]}, clients)
    audit.listed(what=Client, subjects=[each.pk for each in clients], by=request.user)
    return _shown(request, clients)


@page("crm.merge_patients")
def merges(request: Request) -> HttpResponse:
    """What was merged, the latest first."""
    rows = Merge.objects.of_patients_seen_by(request.user).select_related("patient", "client").order_by("-at", "-pk")
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    subjects = [each.subject_id for each in shown]
    audit.listed(what=Patient, subjects=subjects, by=request.user)
    return render(request, "crm/merging/merges.html", {"merges": shown, "now": timezone.now()})


@page("crm.merge_patients")
def undo(request: Request, merge_id: UUID) -> HttpResponse:
    """Show what undoing a merge would do, and do it."""
    rows = Merge.objects.of_patients_seen_by(request.user).select_related("patient", "client")
    done, status, refusal = get_object_or_404(rows, pk=merge_id), 200, ""
    if request.method == "POST":
        try:
            undo_merge(merge=done, by=request.user, at=timezone.now())
        except DomainError as error:
            status, refusal = error.status, str(error)
        else:
            messages.success(request, _("They are separate records again."))
            return redirect("crm:merges")
    undoing = plan_undo(done, at=timezone.now())
    audit.listed(what=Patient, subjects=[done.subject_id], by=request.user)
    return render(
        request, "crm/merging/undo.html", {"merge": done, "undoing": undoing, "refusal": refusal}, status=status
    )


def merges_of(request: Request, record: Patient) -> list[Merge] | None:
    """Return what was merged into a record and can still be undone; None to whoever may not."""
    if not request.user.has_perm("crm.merge_patients"):
        return None
    return list(Merge.objects.undoable(timezone.now()).filter(patient=record).order_by("-at"))


def _merged(request: Request, merge_them: Any, whom: dict[str, list[UUID]], rows: Sequence[Any]) -> HttpResponse:
    taken = [name for name in request.POST if name.startswith("take.")]
    choices = {name.removeprefix("take."): str(request.POST[name]) for name in taken}
    try:
        done: Merge = merge_them(
            **whom, choices=choices, mark=request.POST.get("mark", ""), by=request.user, at=timezone.now()
        )
    except DomainError as error:
        return _shown(request, rows, refusal=str(error), status=error.status, choices=choices)
    until = timezone.localdate(done.last_moment)
    messages.success(request, _("Merged. Until %(day)s it can be undone.") % {"day": until})
    return redirect("crm:patient", patient_id=rows[0].pk) if done.patient_id else redirect("crm:merges")


def _shown(
    request: Request,
    rows: Sequence[Any],
    *,
    refusal: str = "",
    status: int = 200,
    choices: dict[str, str] | None = None,
) -> HttpResponse:
    is_of_patients = isinstance(rows[0], Patient)
    try:
        plan = (plan_of_patients if is_of_patients else plan_of_clients)(list(rows))
    except DomainError as error:
        raise Http404 from error
    context = {
        "plan": plan,
        "rows": [(each, _facts(each), _address(each, rows)) for each in rows],
        "differences": [
            (each, [(option, option.key == (choices or {}).get(each.key, each.usual)) for option in each.options])
            for each in choosable(plan, by=request.user)
        ],
        "kinds": [(each, each.days() if _may_see(request, each.holding.permission) else []) for each in plan.held],
        "refusal": refusal,
        "is_of_patients": is_of_patients,
    }
    return render(request, "crm/merging/plan.html", context, status=status)


def _facts(row: Any) -> str:
    """Return what tells a record from others: whose it is, when they were born, how they are reached."""
    is_patient = isinstance(row, Patient)
    client: Client = row.client if is_patient else row
    born = date_format(row.birth_date, "j M Y") if is_patient and row.birth_date else ""
    owner = [row.species, client.name] if is_patient and row.is_animal else []
    since = _("registered on %(day)s") % {"day": date_format(timezone.localtime(row.created_at), "j M Y")}
    return " · ".join(filter(None, [*owner, born, client.phone_shown, client.email, since]))


def _may_see(request: Request, permission: str) -> bool:
    return bool(permission) and bool(request.user.has_perm(permission))


def _address(stays: Any, rows: Sequence[Any]) -> str:
    """Return where the same are compared with another one to stay."""
    name = "crm:merge" if isinstance(stays, Patient) else "crm:merge_clients"
    others = "&".join(f"with={each.pk}" for each in rows if each.pk != stays.pk)
    return f"{reverse(name, args=[stays.pk])}?{others}"


def _chosen(request: Request, *, besides: UUID) -> list[UUID]:
    """Return whom the address names, and whom somebody chose from a search; what is no id is nobody's."""
    said = [*request.GET.getlist("with"), request.GET.get("patient", ""), request.GET.get("client", "")]
    try:
        ids = [UUID(each) for each in said if each]
    except ValueError:
        raise Http404 from None
    return [each for each in dict.fromkeys(ids) if each != besides]


def _in_order(rows: Any, ids: Sequence[UUID]) -> list[Any]:
    found = {row.pk: row for row in rows.filter(pk__in=ids)}
    if len(found) != len(set(ids)):
        raise Http404
    return [found[each] for each in ids]
