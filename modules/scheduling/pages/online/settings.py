"""Where the public page is, and which sites may show it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _

from kernel.errors import DomainError
from modules.scheduling.pages.online.frames import FRAMED_HOME, HOME
from modules.scheduling.services.online import embedding
from tenancy import current_tenant
from tenancy.addresses import tenant_url
from tenancy.requests import Request
from webui.doors import page


@page("scheduling.manage")
def online_booking(request: Request) -> HttpResponse:
    sites, problem = "\n".join(embedding.framed_by()), None
    if request.method == "POST":
        sites = request.POST.get("sites", "")[:4000]
        try:
            embedding.allow_frames(sites=sites.splitlines(), by=request.user)
        except DomainError as error:
            problem = error
        else:
            messages.success(request, _("Saved."))
            return redirect("scheduling:online_settings")
    tenant = current_tenant()
    context = {
        "sites": sites,
        "problem": problem,
        "address": tenant_url(tenant, HOME),
        "framed_address": tenant_url(tenant, FRAMED_HOME),
        "script": tenant_url(tenant, static("scheduling/embed.js")),
    }
    return render(request, "scheduling/online/settings.html", context, status=problem.status if problem else 200)
