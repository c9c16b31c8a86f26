"""The forms that people are asked for: written question by question, looked at, published."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.errors import DomainError
from modules.crm import selectors, services
from modules.crm.domain.questionnaires import editing
from modules.crm.domain.questionnaires.content import Content, Question, flaws_of
from modules.crm.forms.filling import FillForm
from modules.crm.forms.form_builder import KINDS, DetailsForm, QuestionForm, ScoreForm, details_of
from modules.crm.models import Questionnaire
from modules.crm.services.questionnaires.building import sentence_of
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import add_refusal, tried


class Line(NamedTuple):
    """A question in the list: of which kind, and on which other it depends."""

    question: Question
    kind: Any
    depends_on: str


@page("crm.manage_forms")
def forms(request: Request) -> HttpResponse:
    context = {"listed": selectors.questionnaires_in_use()}
    return render(request, "crm/questionnaires/all.html", context)


@page("crm.manage_forms")
def new(request: Request) -> HttpResponse:
    form = DetailsForm(request.POST or None, initial=details_of(None))
    if request.method == "POST" and form.is_valid():
        try:
            added = services.add_questionnaire(details=form.details(), by=request.user)
        except DomainError as error:
            add_refusal(form, error)
        else:
            return redirect("crm:questionnaire", questionnaire_id=added.pk)
    context = {"form": form}
    return render(request, "crm/questionnaires/details.html", context, status=422 if form.is_bound else 200)


@page("crm.manage_forms")
def details(request: Request, questionnaire_id: UUID) -> HttpResponse:
    found = _form(questionnaire_id)
    form = DetailsForm(request.POST or None, initial=details_of(found))
    if not tried(
        form, lambda: services.change_questionnaire(questionnaire=found, details=form.details(), by=request.user)
    ):
        messages.success(request, _("Saved."))
        return redirect("crm:questionnaire", questionnaire_id=found.pk)
    context = {"form": form, "questionnaire": found}
    return render(request, "crm/questionnaires/details.html", context, status=422 if form.is_bound else 200)


@page("crm.manage_forms")
def form(request: Request, questionnaire_id: UUID) -> HttpResponse:
    """The draft, question by question, and the versions that were published."""
    return _show(request, _form(questionnaire_id))


@page("crm.manage_forms")
def preview(request: Request, questionnaire_id: UUID) -> HttpResponse:
    """All pages of the draft as they look on a phone. Nothing is sent from here."""
    found = _form(questionnaire_id)
    parts = [FillForm(section, answers={}, begins={}, seen="") for section in found.content.sections]
    context = {"questionnaire": found, "parts": parts, "introduction": found.content.introduction}
    return render(request, "crm/questionnaires/preview.html", context)


@page("crm.manage_forms")
def question(request: Request, questionnaire_id: UUID) -> HttpResponse:
    """Write one question: `?key=` of one that is there, or `?kind=` and `?section=` of a new one."""
    found = _form(questionnaire_id)
    content = found.content
    asked = next((each for each in content.questions if each.key == request.GET.get("key")), None)
    kind = asked.kind if asked else request.GET.get("kind", "")
    if kind not in KINDS or ("key" in request.GET and asked is None):
        raise Http404
    section = _number(request.GET.get("section", ""), below=len(content.sections))
    written = QuestionForm(request.POST or None, content=content, kind=kind, question=asked, section=section)
    status = 422 if written.is_bound else 200
    if request.method == "POST" and written.is_valid() and (made := written.made()):
        changed = editing.put_question(content, made[0], section=made[1])
        try:
            return _write(request, found, changed)
        except DomainError as error:
            written.add_error(None, str(error))
            status = error.status
    context = {
        "form": written,
        "questionnaire": found,
        "question": asked,
        "kind": KINDS[kind],
        "number": _seen(request, found),
    }
    return render(request, "crm/questionnaires/question.html", context, status=status)


@action("crm.manage_forms")
def change(request: Request, questionnaire_id: UUID) -> HttpResponse:
    """What the buttons beside questions and pages do."""
    found = _form(questionnaire_id)
    try:
        return _write(request, found, _changed(request, found.content))
    except DomainError as error:
        return _show(request, found, problem=error)


@page("crm.manage_forms")
def score(request: Request, questionnaire_id: UUID) -> HttpResponse:
    found = _form(questionnaire_id)
    content = found.content
    written = ScoreForm(request.POST or None, content=content)
    status = 422 if written.is_bound else 200
    if request.method == "POST" and written.is_valid():
        try:
            return _write(request, found, content.model_copy(update={"scoring": written.scoring()}))
        except DomainError as error:
            written.add_error(None, str(error))
            status = error.status
    context = {"form": written, "questionnaire": found, "number": _seen(request, found)}
    return render(request, "crm/questionnaires/score.html", context, status=status)


@action("crm.manage_forms")
def publish(request: Request, questionnaire_id: UUID) -> HttpResponse:
    found = _form(questionnaire_id)
    try:
        services.publish_form(questionnaire=found, number=_seen(request, found), by=request.user, at=timezone.now())
    except DomainError as error:
        return _show(request, found, problem=error)
    messages.success(request, _("Published. People are asked this from now on."))
    return redirect("crm:questionnaire", questionnaire_id=found.pk)


@action("crm.manage_forms")
def end(request: Request, questionnaire_id: UUID) -> HttpResponse:
    services.end_questionnaire(questionnaire=_form(questionnaire_id), by=request.user, at=timezone.now())
    messages.success(request, _("Nobody is asked for it any more. What was answered stays."))
    return redirect("crm:questionnaires")


def _changed(request: Request, content: Content) -> Content:
    """Return the content as the button that was pressed wants it."""
    sent = request.POST
    key, deed = sent.get("key", ""), sent.get("deed", "")
    section = _number(sent.get("section", ""), below=len(content.sections) + 1)
    words = " ".join(sent.get("words", "").split())
    match deed:
        case "earlier" | "later":
            return editing.move_question(content, key, by=-1 if deed == "earlier" else 1)
        case "remove":
            return editing.remove_question(content, key)
        case "page":
            return Content.model_validate(editing.put_section(content, words[:500], section=section).model_dump())
        case "remove-page" if len(content.sections) > 1 and section < len(content.sections):
            return editing.remove_section(content, section=section)
        case "introduction":
            introduction = sent.get("words", "").replace("\r\n", "\n").strip()
            return content.model_copy(update={"introduction": introduction[:2_000]})
    raise Http404


def _write(request: Request, found: Questionnaire, content: Content) -> HttpResponse:
    services.write_form(questionnaire=found, content=content, number=_seen(request, found), by=request.user)
    return redirect("crm:questionnaire", questionnaire_id=found.pk)


def _seen(request: Request, found: Questionnaire) -> int:
    """Return which state of the draft was shown: the one that is sent along, else the present one."""
    sent = request.POST.get("number", "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else found.draft_number


def _number(text: str, *, below: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    return number if number < below else 0


def _show(request: Request, found: Questionnaire, *, problem: DomainError | None = None) -> HttpResponse:
    content, latest = found.content, found.versions.order_by("-number").first()
    context: dict[str, Any] = {
        "questionnaire": found,
        "listed": selectors.Listed(found, latest),
        "content": content,
        "pages": [
            (section.title, [_line(each, content) for each in section.questions]) for section in content.sections
        ],
        "versions": found.versions.order_by("-number"),
        "kinds": KINDS,
        "flaws": list(dict.fromkeys(sentence_of(flaw) for flaw in flaws_of(content))),
        "problem": problem,
    }
    return render(request, "crm/questionnaires/builder.html", context, status=problem.status if problem else 200)


def _line(question: Question, content: Content) -> Line:
    condition = question.shown_if
    asked = next((each for each in content.questions if condition and each.key == condition.question), None)
    return Line(question, KINDS[question.kind], asked.text if asked else "")


def _form(questionnaire_id: UUID) -> Questionnaire:
    return get_object_or_404(Questionnaire, pk=questionnaire_id, ended_at=None)
