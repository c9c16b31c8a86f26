"""Write, read, sign and amend a note; its versions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import DomainError, NotAllowed
from modules.crm import selectors, services
from modules.crm.forms.notes import AmendmentForm, NoteForm
from modules.crm.models import Note, NoteTemplateVersion, Phrase
from modules.crm.pages.seen import visible_patient
from modules.crm.selectors.body import HEADING, chart_words
from modules.crm.services import NoteChanged
from modules.crm.services.notes.charting import charted
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal


@action("crm.write_note")
def begin(request: Request, patient_id: UUID) -> HttpResponse:
    """Begin a note without a visit, and go on to write it."""
    patient = visible_patient(request, patient_id)
    note = services.begin_note(patient=patient, by=request.user, at=timezone.now())
    return redirect("crm:edit_note", patient_id=patient_id, note_id=note.pk)


@page("crm.view_note")
def note(request: Request, patient_id: UUID, note_id: UUID) -> HttpResponse:
    return _show(request, _visible(request, patient_id, note_id), AmendmentForm())


@page("crm.write_note")
def edit(request: Request, patient_id: UUID, note_id: UUID) -> HttpResponse:
    """The editor. A button keeps what was typed as a version, or signs it; a script saves it meanwhile."""
    found = _visible(request, patient_id, note_id)
    if found.is_signed and request.method != "POST":
        return redirect("crm:note", patient_id=patient_id, note_id=note_id)
    services.check_may_write(found, by=request.user)
    form = NoteForm(found, request.POST or None)
    context: dict[str, Any] = {
        "note": found,
        "patient": found.patient,
        "form": form,
        "back": _back(request, found),
        "templates": [] if any(found.texts.values()) else list(NoteTemplateVersion.objects.current()),
        "phrases": Phrase.objects.of(request.user),
    }
    if request.method == "POST" and form.is_valid():
        write = services.keep_and_sign if "sign" in request.POST else services.keep_note
        try:
            write(note=found, written=form.written(), before=form.before(), by=request.user, at=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
            return _refused(request, context, error)
        signed = _("The note is signed and locked."), _("Draft saved.")
        messages.success(request, signed["sign" not in request.POST])
        return redirect(context["back"])
    audit.viewed(of=found, by=request.user)
    return render(request, "crm/note_edit.html", context, status=422 if form.is_bound else 200)


@action("crm.write_note")
def draft(request: Request, patient_id: UUID, note_id: UUID) -> HttpResponse:
    """What the script saves. It answers which state that is; to a newer one, with the other text to choose from."""
    found = _visible(request, patient_id, note_id)
    form = NoteForm(found, request.POST)
    if not form.is_valid():
        return JsonResponse({"detail": " ".join(_sentences(form))}, status=422)
    try:
        saved = services.save_draft(
            note=found, written=form.written(), before=form.before(), by=request.user, at=timezone.now()
        )
    except NoteChanged as error:
        context = {"note": error.note, "theirs": _beside(error.note, form)}
        return render(request, "crm/note_changed.html", context, status=error.status)
    except DomainError as error:
        return JsonResponse({"detail": str(error), "code": error.code}, status=error.status)
    at = date_format(timezone.localtime(saved.last_written[1]), "H:i")
    return JsonResponse({"seen": saved.seen, "text": _("Saved %(time)s") % {"time": at}})


@action("crm.write_note")
def template(request: Request, patient_id: UUID, note_id: UUID) -> HttpResponse:
    """Have an empty note be written in another form."""
    found, wanted = _visible(request, patient_id, note_id), request.POST.get("template", "")
    services.write_in_template(note=found, template_id=_uuid_in(wanted), by=request.user)
    editor = reverse("crm:edit_note", args=[patient_id, note_id])
    return redirect(f"{editor}?{urlencode({'back': _back(request, found)})}")


@action("crm.write_note")
def discard(request: Request, patient_id: UUID, note_id: UUID) -> HttpResponse:
    services.discard_note(note=_visible(request, patient_id, note_id), by=request.user)
    messages.success(request, _("The draft is thrown away."))
    return redirect("crm:patient", patient_id=patient_id)


@action("crm.write_note")
def amend(request: Request, patient_id: UUID, note_id: UUID) -> HttpResponse:
    found, form = _visible(request, patient_id, note_id), AmendmentForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, status=422)
    try:
        services.amend_note(note=found, by=request.user, at=timezone.now(), **form.cleaned_data)
    except DomainError as error:
        add_refusal(form, error)
        return _show(request, found, form, status=error.status)
    messages.success(request, _("The amendment is signed."))
    return redirect("crm:note", patient_id=patient_id, note_id=note_id)


@page("crm.view_note")
def versions(request: Request, patient_id: UUID, note_id: UUID) -> HttpResponse:
    found = _visible(request, patient_id, note_id)
    context = {"note": found, "patient": found.patient, "versions": selectors.compared(found)}
    audit.viewed(of=found, by=request.user, how="viewed_versions")
    return render(request, "crm/note_versions.html", context)


def _show(request: Request, found: Note, form: AmendmentForm, *, status: int = 200) -> HttpResponse:
    context = {
        "note": found,
        "patient": found.patient,
        "form": form,
        "may_amend": found.is_signed and request.user.has_perm("crm.write_note", found.patient),
        "may_write": not found.is_signed and _may_write(request, found),
    }
    audit.viewed(of=found, by=request.user)
    return render(request, "crm/note.html", context, status=status)


def _refused(request: Request, context: dict[str, Any], error: DomainError) -> HttpResponse:
    """Show the editor again with what was typed; beside it what somebody else saved meanwhile."""
    if isinstance(error, NoteChanged):
        context["form"].catch_up(error.note)
        context |= {"note": error.note, "theirs": _beside(error.note, context["form"])}
    return render(request, "crm/note_edit.html", context, status=error.status)


def _beside(note: Note, form: NoteForm) -> list[tuple[Any, str]]:
    """Return what the newer state says otherwise than what was typed and marked."""
    texts = [
        (heading, note.texts[name])
        for name, heading in note.headings.items()
        if note.texts[name] != form.data.get(name)
    ]
    written = form.written()
    try:
        own = charted(note, marks=written.marks, pain=written.pain)
    except DomainError:
        own = None
    return texts if own == note.body_chart else [*texts, *(chart_words(note.body_chart) or [(HEADING, "")])]


def _uuid_in(wanted: str) -> UUID | None:
    try:
        return UUID(wanted) if wanted else None
    except ValueError:
        raise Http404 from None


def _may_write(request: Request, note: Note) -> bool:
    try:
        services.check_may_write(note, by=request.user)
    except NotAllowed:
        return False
    return True


def _back(request: Request, note: Note) -> str:
    """Return where the editor was opened from, if that is here; else the patient's record."""
    back = request.POST.get("back") or request.GET.get("back", "")
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return str(back)
    return reverse("crm:patient", args=[note.patient_id])


def _sentences(form: NoteForm) -> list[str]:
    return [str(sentence) for sentences in form.errors.values() for sentence in sentences]


def _visible(request: Request, patient_id: UUID, note_id: UUID) -> Note:
    notes = Note.objects.visible_to(request.user).for_display().filter(patient=patient_id)
    return get_object_or_404(notes, pk=note_id)
