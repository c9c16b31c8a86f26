"""Packages: those on offer, the sale of one, and what became of one that was bought."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError
from kernel.modules import is_enabled
from modules.billing import services
from modules.billing.forms import PackageForm, PackageRulesForm, SellForm, content_forms, contents_in
from modules.billing.models import Package, PackagePurchase
from modules.billing.pages.writing import patient_named
from modules.billing.selectors.packages import story_of
from modules.billing.services.packages import drawing
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal


@page("billing.manage")
def offered(request: Request) -> HttpResponse:
    """The packages on offer, and what becomes of a session that nobody came to."""
    form = PackageRulesForm(request.POST or None, instance=services.rules_of_packages())
    if request.method == "POST" and form.is_valid():
        services.set_rules_of_packages(rules=form.rules(), by=request.user)
        messages.success(request, _("Saved."))
        return redirect("billing:packages")
    context = {"packages": Package.objects.current().for_display().order_by("name"), "form": form}
    return render(request, "billing/packages.html", context, status=422 if form.is_bound else 200)


@page("billing.manage")
def add(request: Request) -> HttpResponse:
    return _form(request, None)


@page("billing.manage")
def change(request: Request, package_id: UUID) -> HttpResponse:
    return _form(request, _on_offer(package_id))


@action("billing.manage")
def end(request: Request, package_id: UUID) -> HttpResponse:
    ended = services.end_package(package=_on_offer(package_id), by=request.user, at=timezone.now())
    sentence = _("%(name)s is off offer. Who has bought it keeps what is left.")
    messages.success(request, sentence % {"name": ended.name})
    return redirect("billing:packages")


@page("billing.sell_package")
def sell(request: Request) -> HttpResponse:
    """Sell a package: its draft invoice is shown next, to be sent or paid."""
    fields = request.POST if request.method == "POST" else request.GET
    patient = patient_named(request, fields.get("patient", ""))
    form = SellForm(request.POST or None)
    if patient is not None:
        audit.listed(what=PackagePurchase, subjects=[patient.id], by=request.user)
    if form.is_bound and patient is None:
        form.add_error(None, _("Say whom the package is for."))
    if patient is not None and form.is_bound and form.is_valid():
        package = form.cleaned_data["package"]
        try:
            sold = services.sell_package(package=package, patient_id=patient.id, by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
        else:
            sentence = _("%(package)s is theirs, and can be booked from. This is its invoice.")
            messages.success(request, sentence % {"package": sold.name})
            return redirect("billing:invoice", invoice_id=sold.line.invoice_id)
    context = {"form": form, "patient": patient, "values": fields}
    return render(request, "billing/package_sell.html", context, status=422 if form.is_bound else 200)


@page("billing.view_package")
def purchase(request: Request, purchase_id: UUID) -> HttpResponse:
    found = get_object_or_404(PackagePurchase.objects.visible_to(request.user).for_display(), pk=purchase_id)
    audit.viewed(of=found, by=request.user)
    card = drawing.card_of(found, on=timezone.localdate())
    context = {
        "purchase": found,
        "card": card,
        "story": story_of(found, seen_by=request.user),
        "sees_money": request.user.has_perm("billing.view_invoice", found.line.invoice),
        "may_freeze": request.user.has_perm("billing.sell_package"),
        "may_give_up": request.user.has_perm("billing.credit_invoice"),
        "may_plan": is_enabled("scheduling") and request.user.has_perm("scheduling.manage_series"),
    }
    return render(request, "billing/package.html", context)


def _form(request: Request, package: Package | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form, contents = PackageForm(data, package=package), content_forms(data, package=package)
    if data is not None and form.is_valid() and contents.is_valid():
        try:
            details = form.details(contents_in(contents))
            if package is None:
                services.add_package(details=details, by=request.user)
            else:
                services.change_package(package=package, details=details, by=request.user)
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved. What was sold before stays as it was."))
            return redirect("billing:packages")
    context: dict[str, Any] = {"form": form, "contents": contents, "package": package}
    return render(request, "billing/package_form.html", context, status=422 if form.is_bound else 200)


def _on_offer(package_id: UUID) -> Package:
    return get_object_or_404(Package.objects.current().for_display(), pk=package_id)
