"""What each colleague is trained in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from kernel.errors import DomainError
from modules.crm import selectors, services
from modules.crm.models import Discipline
from tenancy.requests import Request
from webui.doors import page


@page("crm.manage_note_setup")
def disciplines(request: Request) -> HttpResponse:
    """A line for each colleague who treats."""
    colleagues = selectors.colleagues_with_disciplines()
    problem, typed = "", {}
    if request.method == "POST":
        typed = {each.member_id: request.POST.get(f"discipline-{each.member_id}", "") for each in colleagues}
        try:
            services.set_disciplines(names=typed, by=request.user)
        except DomainError as error:
            problem = str(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("crm:disciplines")
    context = {
        "lines": [(each, typed.get(each.member_id, each.discipline)) for each in colleagues],
        "known": Discipline.objects.order_by("name"),
        "problem": problem,
    }
    return render(request, "crm/disciplines.html", context, status=422 if problem else 200)
