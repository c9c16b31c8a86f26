"""Whom somebody answers for on the portal: who they are, which of them is shown, and finding one more."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import recording as audit
from httpapi.transactions import own_transaction
from identity.accounts import verified_emails_of
from kernel import limits
from kernel.cookies import forget, remember
from modules.crm import public, selectors, services
from modules.crm.forms.people import BirthDateForm
from modules.crm.models import InvolvementRole, Patient
from modules.crm.pages.consents import onward
from tenancy.requests import Request
from webui.doors import action, page

AS_TOLD = {  # to whom it is about
    InvolvementRole.CLIENT: gettext_lazy("You are written to"),
    InvolvementRole.OWNER: gettext_lazy("You are an owner"),
    InvolvementRole.PAYER: gettext_lazy("You pay"),
    InvolvementRole.GUARDIAN: gettext_lazy("You are a guardian"),
    InvolvementRole.CONSENTER: gettext_lazy("You sign for them"),
    InvolvementRole.AUTHORISER: gettext_lazy("You may authorise treatment"),
    InvolvementRole.EMERGENCY: gettext_lazy("You are rung in an emergency"),
}
A_YEAR = 365 * 24 * 60 * 60
TRIES_PER_HOUR = 10  # at a date of birth


@page("access.use_portal")
@own_transaction
def profiles(request: Request) -> HttpResponse:
    """Whom they answer for, as what; and a way to say that one more record bears their e-mail."""
    form = BirthDateForm(request.POST if request.method == "POST" else None)
    form.fields["birth_date"].label = _("Date of birth")
    if form.is_bound and form.is_valid() and claim(request, form):
        messages.success(request, _("Found. It is among your profiles now."))
        return redirect("crm:portal_profiles")
    shown = selectors.profiles_of(request.user.pk)
    audit.listed(what=Patient, subjects=[each.patient.pk for each in shown], by=request.user)
    roles = [{"profile": each, "roles": [AS_TOLD[role] for role in each.roles]} for each in shown]
    context = {"profiles": roles, "form": form, "tried": form.is_bound and form.is_valid(), "back": _home()}
    return render(request, "crm/portal_profiles.html", context, status=422 if form.is_bound else 200)


def claim(request: Request, form: BirthDateForm) -> bool:
    """Look for the record that bears their e-mail and this date of birth."""
    limits.count("claim", str(request.user.pk), at_most=TRIES_PER_HOUR, seconds=3600)
    return bool(
        services.claim_records(
            user=request.user,
            verified_emails=verified_emails_of(request.user),
            birth_date=form.cleaned_data["birth_date"],
            at=timezone.now(),
        )
    )


@action("access.use_portal")
def choose(request: Request) -> HttpResponse:
    """Show one of them, or all, on every page of the portal, in this browser. Nothing else changes by it."""
    chosen = request.POST.get("profile", "")
    response = redirect(onward(request) or _home())
    if chosen in {str(each) for each in public.profiles_on_page(request)}:
        remember(response, public.PROFILE, chosen, seconds=A_YEAR)
    else:
        forget(response, public.PROFILE)
    return response


def _home() -> str:
    return reverse("crm:portal_home")
