"""Records that may be of one person: look at them side by side, merge them, or say that they are two."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import services
from modules.crm.domain.duplicates import SEALED, Reason
from modules.crm.models import DuplicatePair, Patient
from modules.crm.selectors.duplicates import REASON_LABELS, sees_sealed
from tenancy.requests import Request
from webui.doors import action, page

PER_PAGE = 25


@page("crm.merge_patients")
def pairs(request: Request) -> HttpResponse:
    """Who may be here twice, the likeliest first; and whom somebody said are two."""
    rows, sealed_too = _seen(request), sees_sealed(request.user)
    answered = "answered" in request.GET
    kept = rows.told_apart() if answered else rows.waiting(sealed_too=sealed_too)
    shown = Paginator(kept, PER_PAGE).get_page(request.GET.get("page"))
    subjects = [each.pk for pair in shown for each in (pair.one, pair.other)]
    audit.listed(what=Patient, subjects=subjects, by=request.user)
    context = {
        "pairs": shown,
        "told": [_told(pair, sealed_too=sealed_too) for pair in shown],
        "is_answered": answered,
        "query": "answered&" if answered else "",
    }
    return render(request, "crm/pairs.html", context)


@action("crm.merge_patients")
def tell_apart(request: Request, pair_id: UUID) -> HttpResponse:
    """Say that two records are two people: they are not suggested again for the same reasons."""
    pair = get_object_or_404(_seen(request), pk=pair_id)
    try:
        services.tell_apart(pair=pair, seen=request.POST.getlist("reason"), by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        names = {"one": pair.one.name, "other": pair.other.name}
        messages.success(request, _("Noted: %(one)s and %(other)s are two. This can be undone.") % names)
    return redirect("crm:pairs")


@action("crm.merge_patients")
def ask_again(request: Request, pair_id: UUID) -> HttpResponse:
    """Take it back that two records are two people."""
    pair = get_object_or_404(_seen(request), pk=pair_id)
    try:
        services.ask_again(pair=pair, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("They are asked about again, as long as something speaks for it."))
    return redirect(f"{reverse('crm:pairs')}?answered")


def _seen(request: Request) -> Any:
    rows = DuplicatePair.objects.of_records_seen_by(request.user)
    return rows.select_related("one__client", "other__client")


def _told(pair: DuplicatePair, *, sealed_too: bool) -> dict[str, Any]:
    """Return what a page says of a pair: who was registered first comes first, and would stay."""
    first, second = sorted((pair.one, pair.other), key=lambda each: (each.created_at, each.pk))
    reasons = [Reason(each) for each in pair.reasons if sealed_too or each not in SEALED]
    against = [Reason(each) for each in pair.against if sealed_too or each not in SEALED]
    return {
        "pair": pair,
        "both": [(each, _facts(each)) for each in (first, second)],
        "merge_at": f"{reverse('crm:merge', args=[first.pk])}?with={second.pk}",
        "codes": reasons,
        "reasons": [REASON_LABELS[each] for each in reasons],
        "against": [REASON_LABELS[each] for each in against],
    }


def _facts(patient: Patient) -> str:
    """Return what tells a record from others."""
    client = patient.client
    born = date_format(patient.birth_date, "j M Y") if patient.birth_date else ""
    owner = [patient.species, client.name] if patient.is_animal else []
    since = _("registered on %(day)s") % {"day": date_format(timezone.localtime(patient.created_at), "j M Y")}
    return " · ".join(filter(None, [*owner, born, client.phone_shown, client.email, since]))
