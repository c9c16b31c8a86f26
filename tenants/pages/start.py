"""Sign-up: one page, an address that is checked while it is typed, and a mail to confirm."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import (
    consume_email_verification_rate_limit,
    get_address_for_user,
)
from allauth.account.internal.flows.signup import complete_signup, prevent_enumeration
from allauth.account.internal.stagekit import unstash_login
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from httpapi.transactions import own_transaction
from kernel.errors import DomainError
from kernel.limits import count
from tenancy.addresses import tenant_host
from tenancy.requests import Request
from tenants import locales, names, signup
from tenants.forms import FurtherWorkspace, SignUpForm, WorkspaceForm
from tenants.signup import SignUp
from webui.doors import open_page
from webui.refusals import add_refusal

HOUR = 60 * 60
SIGN_UPS_PER_HOUR = 20 if settings.IS_PRODUCTION else 200
MAILS_PER_HOUR = 5
RESERVED = "reserved"  # where a session keeps which workspace was reserved in this browser


@open_page("it is the front page")
@require_GET
def landing(request: Request) -> HttpResponse:
    return render(request, "tenants/landing.html", {"host": tenant_host("")})


@open_page("anybody may open a practice")
@own_transaction
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: Request) -> HttpResponse:
    """Without an account: the workspace and its owner. With one: a further workspace."""
    door: tuple[Any, Any] = (SignUpForm, _sign_up)
    if request.user.is_authenticated:
        door = (WorkspaceForm, _open_further)
    kind, submit = door
    form = kind(request.POST or None, region=locales.region_of(request))
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            return submit(request, form.wish())
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
    context = {"form": form, "host": tenant_host(""), "hues": _hues(form)}
    return render(request, "tenants/start.html", context, status=status)


def _sign_up(request: Request, wish: SignUp) -> HttpResponse:
    """Reserve, then let allauth send the mail and remember this browser, which is signed in once the link is used.

    An address that has an account already gets another mail, and this browser the same answer.
    """
    count("sign-up", request.ip, at_most=SIGN_UPS_PER_HOUR, seconds=HOUR)
    tenant = signup.sign_up(wish=wish, instead_of=_reserved_here(request), at=timezone.now())
    request.session[RESERVED] = str(tenant.pk)
    is_new = signup.made_its_account(tenant)
    _ready_another_mail(request, wish.email.lower(), tenant.owner if is_new else None)
    response: HttpResponse
    if is_new:
        response = complete_signup(request, user=tenant.owner, redirect_url=reverse("opening", args=[tenant.pk]))
    else:
        response = prevent_enumeration(request, email=wish.email.lower())
    return response


def _reserved_here(request: Request) -> UUID | None:
    reserved = request.session.get(RESERVED)
    return UUID(reserved) if reserved else None


@open_page("it mails whoever signed up in this browser, and nobody else")
@own_transaction
@require_POST
def mail_again(request: Request) -> HttpResponse:
    """Send the link again, from the page that asks to look for it."""
    login = unstash_login(request, peek=True)
    email = (login.user.email if login.user else login.email) if login else ""
    if login is None or not email:
        return redirect("account_login")
    _mail_again(request, email, login.user)
    messages.success(request, _("Another mail is on its way to %(email)s.") % {"email": email})
    return redirect("account_email_verification_sent")


def _mail_again(request: Request, email: str, user: Any) -> None:
    """Send the link, or to an address that had an account before (`user` is None), that it has one."""
    count("confirmation-mail", email, at_most=MAILS_PER_HOUR, seconds=HOUR)
    if user is None:
        get_adapter(request).send_account_already_exists_mail(email)
    else:
        get_address_for_user(user).send_confirmation(request, signup=True)


def _ready_another_mail(request: Request, email: str, user: Any) -> None:
    """allauth holds a second mail back for a while. Who fills the form in again asks for it now."""
    if not consume_email_verification_rate_limit(request, email, dry_run=True):
        _mail_again(request, email, user)


def _open_further(request: Request, wish: FurtherWorkspace) -> HttpResponse:
    count("further-workspace", str(request.user.pk), at_most=10, seconds=HOUR)
    tenant = signup.reserve_for(owner=request.user, wish=wish, at=timezone.now())
    signup.open_reserved(owner=request.user, tenant_id=tenant.pk)
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
    name = request.GET.get("name", "").strip()
    wanted = names.suggest_name(name) if name else request.GET.get("subdomain", "").strip().lower()
    reason, suggestion = _refusal(wanted)
    answer = {"subdomain": wanted, "available": not reason, "reason": reason, "suggestion": suggestion}
    # What the page says, and whether it says it in green.
    said = {"free": not reason, "sentence": _sentence(wanted, reason, suggestion)}
    return JsonResponse(answer | said)


def _refusal(wanted: str) -> tuple[str, str]:
    """Return why this address cannot be had and which could be instead; nothing of either if it can."""
    if not wanted:
        return _("Choose an address."), ""
    try:
        names.check_name(wanted)
    except names.NameReserved as error:  # something with "admin" in it would be no better
        return str(error), ""
    except DomainError as error:
        return str(error), names.suggest_name(wanted)
    return "", ""


def _sentence(wanted: str, reason: str, suggestion: str) -> str:
    if not reason:
        return _("%(address)s is free.") % {"address": tenant_host(wanted)}
    return f"{reason} {_('Try “%(name)s”.') % {'name': suggestion}}" if suggestion else reason
