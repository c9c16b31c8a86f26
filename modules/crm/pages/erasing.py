"""Erase somebody: see what goes and what is kept, do it, and read the receipt. And for how long what is kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from audit import recording as audit
from identity.proofs import recently_proved
from kernel.errors import DomainError
from modules.crm.domain.erasing import Term
from modules.crm.models import Client, Erasure, Patient
from modules.crm.pages.seen import visible_patient
from modules.crm.services import erasing
from tenancy.requests import Request
from webui.doors import action, page

PER_PAGE = 50
KINDS = (Term.CLINICAL, Term.MONEY)


@page("crm.erase_people")
@recently_proved
def erase(request: Request, patient_id: UUID) -> HttpResponse:
    """Show kind by kind what becomes of somebody's record, and erase them."""
    if done := Erasure.objects.of(patient_id).first():
        return redirect("crm:erasure", erasure_id=done.pk)
    record, at, status, refusal = visible_patient(request, patient_id), timezone.now(), 200, ""
    if request.method == "POST":
        try:
            mark = request.POST.get("mark", "")
            done = erasing.erase_person(patient_id=record.pk, mark=mark, by=request.user, at=at)
        except DomainError as error:
            status, refusal = error.status, str(error)
        else:
            messages.success(request, _("Nobody finds them any more. What may go is being erased."))
            return redirect("crm:erasure", erasure_id=done.pk)
    people = erasing.people_with(record)
    plan = erasing.plan_here(people, at=at)
    audit.viewed(of=record, by=request.user)
    context = {
        "patient": record,
        "plan": plan,
        "others": [*_others(Patient, people.patients - {record.pk}), *_others(Client, people.clients)],
        "going": [line for line in plan.lines if line.goes and not plan.is_closing(line)],
        "keeping": [line for line in plan.lines if line.stays or plan.is_closing(line)],
        "problems": [] if refusal else erasing.hindrances(people, at=at),
        "refusal": refusal,
    }
    return render(request, "crm/erasing/erase.html", context, status=status)


@page("crm.erase_people")
def erasures(request: Request) -> HttpResponse:
    """The receipts, and the years."""
    shown = Paginator(Erasure.objects.order_by("-at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "crm/erasing/erasures.html", {"erasures": shown, **_years()})


@action("crm.erase_people")
def set_years(request: Request, kind: str) -> HttpResponse:
    typed = request.POST.get("years", "").strip()
    try:
        years = int(typed) if typed.isdecimal() else None if not typed else -1
        erasing.set_years(kind=kind, years=years, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("crm:erasures")


@page("crm.erase_people")
def erasure(request: Request, erasure_id: UUID) -> HttpResponse:
    """The receipt: it can be printed, as the answer to whoever asked to be erased."""
    receipt = get_object_or_404(Erasure, pk=erasure_id)
    labels = {erasing.key_of(each): each.label for each in erasing.personal()}
    lines = [
        line | {"label": labels.get(line["key"], line["key"]), "day": parse_date(line["until"] or "")}
        for line in receipt.lines
    ]
    context = {
        "erasure": receipt,
        "gone": [line for line in lines if line["deleted"] or line["emptied"]],
        "kept": [line for line in lines if line["kept"]],
    }
    return render(request, "crm/erasing/erasure.html", context)


def _others(model: Any, keys: frozenset[UUID]) -> list[str]:
    """Return the names of who goes along, each once."""
    return list(dict.fromkeys(each.name for each in model.with_merged.filter(pk__in=keys, merged_into=None)))


def _years() -> dict[str, Any]:
    terms = erasing.terms_here()
    kinds = [(term, terms.rules[term], terms.usual[term], terms.is_own(term)) for term in KINDS]
    return {"country": terms.country, "kinds": kinds}
