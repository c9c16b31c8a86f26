"""A tenant's bare address: it shows everybody to where they belong."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tenancy.requests import Request
from webui.context import Shell
from webui.doors import signed_in_page


@signed_in_page("it only shows the way")
@never_cache
@require_safe
def front_door(request: Request) -> HttpResponse:
    """Send staff to the first page of their menu, patients to the portal; tell strangers that they are strangers."""
    shell = Shell(request)
    if shell.is_staff and shell.nav:
        return redirect(shell.nav[0][1][0].url)
    if request.user.has_perm("access.use_portal") and shell.tabs:
        return redirect(shell.tabs[0].url)
    return render(request, "webui/stranger.html", status=200 if shell.role else 403)
