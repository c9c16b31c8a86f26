"""Sign-up: one page, an address that is checked while it is typed, and a mail to confirm."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.signup import complete_signup
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from httpapi.transactions import own_transaction
from kernel.errors import DomainError
from kernel.limits import TooMany, count
from tenancy.addresses import tenant_host
from tenancy.requests import Request
from tenants import locales, names, signup
from tenants.forms import SignUpForm, WorkspaceForm
from webui.doors import open_page
from webui.refusals import add_refusal

HOUR = 60 * 60


@open_page("it is the front page")
@require_GET
def landing(request: Request) -> HttpResponse:
    return render(request, "tenants/landing.html")


@open_page("anybody may open a practice")
@own_transaction
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: Request) -> HttpResponse:
    """Without an account: the workspace and its owner. With one: a further workspace."""
    region = locales.region_of(request)
    kind = WorkspaceForm if request.user.is_authenticated else SignUpForm
    form = kind(request.POST or None, region=region)
    if request.method == "POST" and form.is_valid():
        try:
            return _open_further(request, form) if request.user.is_authenticated else _sign_up(request, form)
        except TooMany:
            raise
        except DomainError as error:
            add_refusal(form, error)
    status = 422 if form.errors else 200
    context = {"form": form, "host": tenant_host(""), "hues": _hues(form)}
    return render(request, "tenants/start.html", context, status=status)


def _sign_up(request: Request, form: Any) -> HttpResponse:
    """Reserve, then let allauth send the mail and remember this browser, which is signed in once the link is used."""
    count("sign-up", request.ip, at_most=60, seconds=HOUR)
    tenant = signup.reserve_workspace(wish=form.wish(), at=timezone.now())
    response: HttpResponse = complete_signup(
        request, user=tenant.owner, redirect_url=reverse("opening", args=[tenant.pk])
    )
    return response


def _open_further(request: Request, form: Any) -> HttpResponse:
    count("further-workspace", str(request.user.pk), at_most=10, seconds=HOUR)
    tenant = signup.reserve_for(owner=request.user, wish=form.wish(), at=timezone.now())
    signup.open_reserved(owner=request.user)
    return redirect("opening", tenant.pk)


def _hues(form: Any) -> list[tuple[Any, Any]]:
    """Pair each swatch with its input, which the page draws by hand."""
    return [(choice.data["value"], choice) for choice in form["brand_hue"]]


@open_page("who signs up has no account yet")
@never_cache
@require_GET
def availability(request: Request) -> HttpResponse:
    """Tell whether an address can be had (`?subdomain=`), or suggest one for a name (`?name=`)."""
    count("availability", request.ip, at_most=120, seconds=60)
    name = request.GET.get("name", "")
    wanted = names.suggest_name(name) if name else request.GET.get("subdomain", "").strip().lower()
    is_free, sentence = _say_availability(wanted)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"subdomain": wanted, "free": is_free, "sentence": sentence})
    return render(request, "tenants/availability.html", {"is_free": is_free, "sentence": sentence})


def _say_availability(wanted: str) -> tuple[bool, str]:
    if not wanted:
        return False, _("Choose an address.")
    try:
        names.check_name(wanted)
    except DomainError as error:
        other = names.suggest_name(wanted)
        return False, " ".join(filter(None, [str(error), other and _("Try %(name)s.") % {"name": other}]))
    return True, _("%(address)s is free") % {"address": tenant_host(wanted)}
