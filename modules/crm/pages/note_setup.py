"""The forms that notes are written in, and the phrases that short words stand for."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from modules.crm import services
from modules.crm.forms.note_setup import PhraseForm, TemplateForm
from modules.crm.models import NoteTemplate, NoteTemplateVersion, Phrase
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried


@page("crm.manage_note_setup")
def templates(request: Request) -> HttpResponse:
    current = sorted(NoteTemplateVersion.objects.current(), key=lambda version: version.template.name.casefold())
    return render(request, "crm/note_templates.html", {"versions": current})


@page("crm.manage_note_setup")
def new_template(request: Request) -> HttpResponse:
    form = TemplateForm(request.POST or None)
    if not tried(form, lambda: services.add_template(details=form.details(), by=request.user, at=timezone.now())):
        messages.success(request, _("Saved."))
        return redirect("crm:note_templates")
    return render(request, "crm/note_template.html", {"form": form}, status=422 if form.is_bound else 200)


@page("crm.manage_note_setup")
def template(request: Request, template_id: UUID) -> HttpResponse:
    """Its name and sections; what is changed of these holds for notes that are begun from now on."""
    found = get_object_or_404(NoteTemplate, pk=template_id, ended_at=None)
    latest = found.versions.select_related("template").order_by("-number")[0]
    form = TemplateForm(request.POST or None, version=latest)
    if not tried(
        form,
        lambda: services.change_template(template=found, details=form.details(), by=request.user, at=timezone.now()),
    ):
        messages.success(request, _("Saved."))
        return redirect("crm:note_templates")
    context = {"form": form, "template": found, "versions": found.versions.order_by("-number")}
    return render(request, "crm/note_template.html", context, status=422 if form.is_bound else 200)


@action("crm.manage_note_setup")
def end_template(request: Request, template_id: UUID) -> HttpResponse:
    found = get_object_or_404(NoteTemplate, pk=template_id)
    services.end_template(template=found, by=request.user, at=timezone.now())
    messages.success(request, _("Nobody begins a note in it any more. Notes that were written in it keep it."))
    return redirect("crm:note_templates")


@page("crm.write_note")
def phrases(request: Request) -> HttpResponse:
    """One's own and everybody's, and a form for another one."""
    return _show_phrases(request, None)


@page("crm.write_note")
def phrase(request: Request, phrase_id: UUID) -> HttpResponse:
    return _show_phrases(request, get_object_or_404(Phrase.objects.of(request.user), pk=phrase_id))


@action("crm.write_note")
def remove_phrase(request: Request, phrase_id: UUID) -> HttpResponse:
    services.remove_phrase(phrase_id=phrase_id, by=request.user)
    messages.success(request, _("The phrase is removed."))
    return redirect("crm:phrases")


def _show_phrases(request: Request, chosen: Phrase | None) -> HttpResponse:
    may_share = request.user.has_perm("crm.manage_note_setup")
    form = PhraseForm(request.POST or None, phrase=chosen, may_share=may_share)
    if not tried(
        form, lambda: services.save_phrase(phrase_id=chosen.pk if chosen else None, by=request.user, **form.values())
    ):
        messages.success(request, _("Saved."))
        return redirect("crm:phrases")
    context = {"form": form, "phrases": Phrase.objects.of(request.user), "chosen": chosen, "may_share": may_share}
    return render(request, "crm/phrases.html", context, status=422 if form.is_bound else 200)
