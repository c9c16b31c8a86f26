"""The types of documents that a workspace has besides the usual ones."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from modules.crm import selectors, services
from modules.crm.forms.documents import KindForm
from modules.crm.models import DocumentKind, Paper
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@page("crm.manage_document_kinds")
def kinds(request: Request) -> HttpResponse:
    form = KindForm(request.POST or None)
    status = tried(form, lambda: services.add_document_kind(name=form.cleaned_data["name"], by=request.user))
    if not status:
        messages.success(request, _("Added."))
        return redirect("crm:document_kinds")
    usual = [each.label for each in Paper if each is not Paper.OWN]
    context = {"form": form, "usual": usual, "kinds": selectors.own_kinds()}
    return render(request, "crm/document_kinds.html", context, status=status)


@action("crm.manage_document_kinds")
def end(request: Request, kind_id: UUID) -> HttpResponse:
    kind = get_object_or_404(DocumentKind, pk=kind_id)
    services.end_document_kind(kind=kind, by=request.user, at=timezone.now())
    messages.success(request, _("Not offered any more. What was filed under it stays there."))
    return redirect("crm:document_kinds")
