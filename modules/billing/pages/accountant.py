"""What the accountant calls our accounts, and the books in the format of their program."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from modules.billing import services
from modules.billing.domain.charts import PRESETS, Chart
from modules.billing.domain.reports import Days
from modules.billing.forms.accountant import AccountantForm, ChartForm
from modules.billing.models import CHART_LABELS
from modules.billing.pages.ledger import asked_days
from modules.billing.selectors import accountant as selectors
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@page("billing.manage")
def accountant(request: Request) -> HttpResponse:
    form = AccountantForm(request.POST or None, rules=services.accountant_rules(), mapping=selectors.mapping())
    status = tried(form, lambda: services.set_accountant(wish=form.wish(), by=request.user))
    if not status:
        messages.success(request, _("Saved."))
        return redirect("billing:accountant")
    presets = [(chart.value, CHART_LABELS[chart]) for chart in PRESETS]
    return render(request, "billing/accountant.html", {"form": form, "presets": presets}, status=status)


@action("billing.manage")
def chart(request: Request) -> HttpResponse:
    """Take over the numbers of a usual chart."""
    form = ChartForm(request.POST)
    if not form.is_valid():
        raise Http404
    services.take_over_chart(chart=Chart(form.cleaned_data["chart"]), by=request.user)
    messages.success(request, _("Taken over. Have your accountant look at it."))
    return redirect("billing:accountant")


@page("billing.view_ledger")
def datev(request: Request) -> HttpResponse:
    """The entries of these days as a DATEV batch; back to the journal, with what is missing, if something is."""
    since, until = asked_days(request)
    try:
        content = services.datev_batch(days=Days(since, until), by=request.user, at=timezone.now())
    except services.NotExportable as error:
        for sentence in error.fields["accountant"]:
            messages.error(request, sentence)
        return redirect(f"{reverse('billing:journal')}?{urlencode({'since': since, 'until': until})}")
    answer = HttpResponse(content, content_type="text/csv; charset=windows-1252")
    answer["Content-Disposition"] = f'attachment; filename="EXTF_Buchungsstapel_{since}_{until}.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer
