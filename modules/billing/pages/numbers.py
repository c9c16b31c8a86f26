"""What the numbers of documents begin with."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from modules.billing import services
from modules.billing.forms import PrefixForm
from modules.billing.selectors import series_shown
from modules.scheduling import public as scheduling
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import tried


@page("billing.manage")
def numbers(request: Request) -> HttpResponse:
    """The series there are this year and the next, and a form to set a prefix."""
    year, places = timezone.localdate().year, scheduling.locations()
    form = PrefixForm(request.POST or None, year=year, places=places)
    if not (status := tried(form, lambda: services.set_prefix(wish=form.wished(), by=request.user, at=timezone.now()))):
        messages.success(request, _("Saved. Numbers that are given out stay as they are."))
        return redirect("billing:numbers")
    context = {"form": form, "series": series_shown(places, year=year), "next_year": str(year + 1)}
    return render(request, "billing/numbers.html", context, status=status)
