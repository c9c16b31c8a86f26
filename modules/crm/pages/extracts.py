"""Figures without names, for the owner to take along."""

from __future__ import annotations

from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.errors import DomainError
from modules.crm.forms.taking import ExtractForm
from modules.crm.models import Extract
from modules.crm.selectors.statistics import last_left
from modules.crm.services import taking
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import tried

SHOWN = 20
COLUMNS = ("age", "sex", "region", "species", "month", "service", "state")


@page("crm.export_statistics")
def extracts(request: Request) -> HttpResponse:
    """The files that were made, and a form for the next."""
    at, today = timezone.now(), timezone.localdate()
    form = ExtractForm(
        request.POST if request.method == "POST" else None,
        initial={"since": today - relativedelta(months=11), "until": today},
    )
    status = tried(
        form,
        lambda: taking.ask_extract(period=form.period(), k=form.cleaned_data["k"], by=request.user, at=at),
    )
    if status:
        left = last_left()
        shown = [
            {
                "extract": each,
                "last_month": each.until - relativedelta(days=1),
                "levels": [
                    (name, each.told["levels"][name]) for name in COLUMNS if name in each.told.get("levels", {})
                ],
                "is_there": each.is_there(at),
                "is_outdated": each.is_there(at) and each.is_outdated(left),
            }
            for each in Extract.objects.newest_first()[:SHOWN]
        ]
        return render(request, "crm/taking/extracts.html", {"form": form, "extracts": shown}, status=status)
    messages.success(request, _("The file is being made. Come back in a moment."))
    return redirect("crm:extracts")


@page("crm.export_statistics")
def open_file(request: Request, extract_id: UUID) -> HttpResponseBase:
    found = get_object_or_404(Extract.objects.select_related("file"), pk=extract_id)
    try:
        wanted = request.headers.get("Range", "")
        return taking.fetch_extract(extract=found, by=request.user, at=timezone.now(), wanted=wanted)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("crm:extracts")
