"""Lists of codes in the settings: which are in use, and how a version is sent, looked at and used."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from modules.crm.forms.codes import CodeListForm
from modules.crm.models import CodeList, CodeListState, CodeSystem
from modules.crm.selectors.codes import find_codes, lists_in_use
from modules.crm.services import codes
from modules.crm.services.codes.starters import STARTERS
from modules.crm.services.codes.telling import sentences_of
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried

SHOWN = 20
CHOICES = 8


@page("crm.manage_code_lists")
def lists(request: Request) -> HttpResponse:
    """Those in use, those that were sent, and a place to send one."""
    form = CodeListForm(request.POST or None, request.FILES or None)
    sent: list[CodeList] = []
    status = tried(form, lambda: sent.append(_sent(request, form)))
    if not status:
        return redirect("crm:code_list", code_list_id=sent[0].pk)
    in_use, starter = lists_in_use(), STARTERS.get(request.tenant.vertical)
    latest = CodeList.objects.select_related("system").exclude(state=CodeListState.DISCARDED).order_by("-created_at")
    context = {
        "form": form,
        "in_use": in_use,
        "lists": latest[:SHOWN],
        "starter": starter if starter and all(each.system.uri != starter.uri for each in in_use) else None,
    }
    return render(request, "crm/codes/lists.html", context, status=status)


@page("crm.manage_code_lists")
def code_list(request: Request, code_list_id: UUID) -> HttpResponse:
    """A version at whatever step it is."""
    found = _found(code_list_id)
    problem, mistakes = sentences_of(found)
    template = "crm/codes/list.html" + ("#step" if request.htmx and not request.htmx.boosted else "")
    return render(request, template, {"code_list": found, "problem": problem, "mistakes": mistakes})


@action("crm.manage_code_lists")
def use(request: Request, code_list_id: UUID) -> HttpResponse:
    codes.begin_loading(code_list=_found(code_list_id), by=request.user)
    return redirect("crm:code_list", code_list_id=code_list_id)


@action("crm.manage_code_lists")
def discard(request: Request, code_list_id: UUID) -> HttpResponse:
    codes.discard_code_list(code_list=_found(code_list_id), by=request.user)
    messages.success(request, _("Thrown away. Nothing of it was used."))
    return redirect("crm:code_lists")


@action("crm.manage_code_lists")
def begin_with_ours(request: Request) -> HttpResponse:
    """Use the list that is ours for a business of this kind."""
    codes.load_starter(vertical=request.tenant.vertical, by=request.user, at=timezone.now())
    messages.success(request, _("In use."))
    return redirect("crm:code_lists")


@action("crm.manage_code_lists")
def end(request: Request, code_system_id: UUID) -> HttpResponse:
    system = get_object_or_404(CodeSystem, pk=code_system_id)
    codes.end_code_system(system=system, by=request.user, at=timezone.now())
    messages.success(request, _("Not offered any more. Diagnoses that were chosen from it stay."))
    return redirect("crm:code_lists")


@page("crm.manage_episode")
def choices(request: Request) -> HttpResponse:
    """The few codes that are meant by what is being typed, as radios for another form."""
    search = request.GET.get("code_search", "").strip()
    language = get_language() or ""
    found = [(code, code.display_in(language)) for code in find_codes(search, limit=CHOICES)]
    return render(request, "crm/codes/choices.html", {"codes": found, "search": search})


def _sent(request: Request, form: CodeListForm) -> CodeList:
    file: Any = form.cleaned_data["file"]
    return codes.send_code_list(
        details=form.details(), file_name=file.name or "", content=file.read(), by=request.user, at=timezone.now()
    )


def _found(code_list_id: UUID) -> CodeList:
    return get_object_or_404(CodeList.objects.select_related("system", "file"), pk=code_list_id)
