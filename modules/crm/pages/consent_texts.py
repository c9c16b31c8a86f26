"""What people are asked to agree to: the owner's texts, version by version."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.errors import DomainError
from modules.crm import selectors, services
from modules.crm.forms.consents import KindForm, WordingForm
from modules.crm.models import ConsentKind, ConsentText
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal, tried


@page("crm.manage_consents")
def kinds(request: Request) -> HttpResponse:
    lines = [
        {"kind": kind, "current": _current(texts), "drafts": [each for each in texts if each.published_at is None]}
        for kind, texts in selectors.kinds_with_texts()
    ]
    return render(request, "crm/consent_kinds.html", {"lines": lines})


@page("crm.manage_consents")
def new_kind(request: Request) -> HttpResponse:
    form = KindForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = services.add_kind(details=form.details(), by=request.user)
        except DomainError as error:
            add_refusal(form, error)
        else:
            return redirect("crm:consent_text", kind_id=added.pk)
    return render(request, "crm/consent_kind.html", {"form": form}, status=422 if form.is_bound else 200)


@page("crm.manage_consents")
def kind(request: Request, kind_id: UUID) -> HttpResponse:
    """Its name, when it is asked for, and all versions of its text."""
    asked = _kind(kind_id)
    initial = {name: getattr(asked, name) for name in ("name", "purpose", "asked_at_check_in")}
    form = KindForm(request.POST or None, initial=initial)
    if not tried(form, lambda: services.change_kind(kind=asked, details=form.details(), by=request.user)):
        messages.success(request, _("Saved."))
        return redirect("crm:consent_kinds")
    context = {"form": form, "kind": asked, "texts": asked.texts.order_by("language", "-version")}
    return render(request, "crm/consent_kind.html", context, status=422 if form.is_bound else 200)


@action("crm.manage_consents")
def end(request: Request, kind_id: UUID) -> HttpResponse:
    services.end_kind(kind=_kind(kind_id), by=request.user, at=timezone.now())
    messages.success(request, _("Nobody is asked for it any more. What was signed stays."))
    return redirect("crm:consent_kinds")


@page("crm.manage_consents")
def text(request: Request, kind_id: UUID) -> HttpResponse:
    """Write the next version; it begins with the words of the present one. Publish it if that button was pressed."""
    asked = _kind(kind_id)
    language = request.GET.get("language", "") or request.tenant.language
    form = WordingForm(request.POST or None, initial=_words_to_start_with(asked, language))
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            written = services.write_text(kind=asked, wording=form.wording(), by=request.user, at=timezone.now())
            if "publish" in request.POST:
                services.publish_text(kind=asked, language=written.language, by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            is_out = "publish" in request.POST
            messages.success(
                request, _("Published. People are asked with these words.") if is_out else _("Draft kept.")
            )
            return redirect("crm:consent_kind", kind_id=asked.pk)
    return render(request, "crm/consent_text.html", {"form": form, "kind": asked}, status=status)


def _words_to_start_with(kind: ConsentKind, language: str) -> dict[str, Any]:
    latest = kind.texts.filter(language=language).order_by("-version").first()
    if latest is None:
        return {"language": language, "title": kind.name}
    return {"language": language, "title": latest.title, "body": latest.body}


def _current(texts: list[ConsentText]) -> list[ConsentText]:
    """Return the latest published one of each language, out of those that come the latest first."""
    found: dict[str, ConsentText] = {}
    for each in texts:
        if each.published_at is not None:
            found.setdefault(each.language, each)
    return list(found.values())


def _kind(kind_id: UUID) -> ConsentKind:
    return get_object_or_404(ConsentKind, pk=kind_id, ended_at=None)
