"""A form to fill in, page by page: behind the link of a mail, and on the portal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit import recording as audit
from httpapi.transactions import own_transaction
from identity.secrets import digest
from kernel import limits
from kernel.errors import DomainError
from modules.crm import selectors, services
from modules.crm.domain.drawings import HEIGHT, WIDTH
from modules.crm.domain.questionnaires.answers import is_shown, only_shown, problems_in
from modules.crm.domain.questionnaires.content import Content
from modules.crm.forms.filling import FillForm, SignatureForm
from modules.crm.models import AskedForm, FilledForm, FormDraft, FormState, Patient, patients_of
from modules.crm.pages.seen import shown_patients
from modules.crm.selectors.questionnaires import in_words
from modules.crm.services.questionnaires.filling import sentences_of
from tenancy.requests import Request
from webui.doors import action, open_page, page
from webui.refusals import add_refusal
from webui.unlisted import unlisted

KEY = "the secret in its address is the key: it opens this one form, until it is sent or runs out"
KNOCKS, MISSES, SECONDS = 900, 60, 10 * 60
SHEET = {"width": WIDTH, "height": HEIGHT}


@dataclass(frozen=True, slots=True)
class Door:
    """Where a form is filled in: its address, and that of what the script saves."""

    address: str
    draft: str
    by: Any = None
    back: str = ""


@open_page(KEY)
@own_transaction
def by_link(request: Request, secret: str) -> HttpResponse:
    """What was typed is kept even if it cannot be sent yet: each step is a transaction of its own."""
    asked = _behind(request, secret)
    audit.viewed(of=asked, by=None, how="viewed_by_link")
    return unlisted(_fill(request, asked, _door_of_link(secret)))


@open_page(KEY)
def draft_by_link(request: Request, secret: str) -> HttpResponse:
    """What the script saves while somebody types."""
    return unlisted(_save(request, _behind(request, secret), _door_of_link(secret)))


@page("access.use_portal")
def own_forms(request: Request) -> HttpResponse:
    """The forms that wait for whoever is on the portal, and those that they sent."""
    patients = shown_patients(request, Patient.objects.visible_to(request.user))
    rows = _own(request).filter(patient__in=patients).order_by("state", "due_on", "-asked_at")
    asked = list(rows[:100])
    audit.listed(what=Patient, subjects=[each.pk for each in patients], by=request.user)
    context = {"forms": asked, "several": len(patients) > 1, "back": reverse("crm:portal_home")}
    return render(request, "crm/questionnaires/own.html", context)


@page("access.use_portal")
@own_transaction
def own_form(request: Request, asked_id: UUID) -> HttpResponse:
    """As behind the link."""
    asked = get_object_or_404(_own(request), pk=asked_id)
    audit.viewed(of=asked, by=request.user)
    return _fill(request, asked, _door_of_portal(request, asked))


@action("access.use_portal")
def own_draft(request: Request, asked_id: UUID) -> HttpResponse:
    asked = get_object_or_404(_own(request), pk=asked_id)
    return _save(request, asked, _door_of_portal(request, asked))


def _fill(request: Request, asked: AskedForm, door: Door) -> HttpResponse:
    """Show a part of the form; keep what was sent of it, and go on, back, or send all of it."""
    if asked.answered is not None:
        return _sent(request, asked, asked.answered, door)
    content = asked.version.content
    part = _part(request, content)
    form = _form_of(request, asked, content, part)
    if request.method != "POST":
        return _show(request, asked, door, part, form)
    try:
        kept = _keep(asked, form, door)
    except services.FormChanged as error:
        return _show(request, asked, door, part, form, changed=error)
    except DomainError as error:
        form.add_error(None, str(error))
        return _show(request, asked, door, part, form, status=error.status)
    answers = only_shown(content, {key: value for key, value in kept.answers.items() if value is not None})
    if "back" in request.POST:
        return redirect(f"{door.address}?part={_next_part(content, answers, part, -1)}")
    here = {key: wrong for key, wrong in problems_in(content, answers).items() if key in form.keys}
    if here:
        form.add_problems(sentences_of(here))
        return _show(request, asked, door, part, form, status=422, seen=str(kept.revision))
    following = _next_part(content, answers, part, 1)
    if following != part:
        return redirect(f"{door.address}?part={following}")
    return _send(request, asked, door, part, form, answers, seen=str(kept.revision))


def _send(
    request: Request,
    asked: AskedForm,
    door: Door,
    part: int,
    form: FillForm,
    answers: dict[str, Any],
    *,
    seen: str,
) -> HttpResponse:
    content = asked.version.content
    elsewhere = [number for key in problems_in(content, answers) if (number := _part_with(content, key)) != part]
    if elsewhere:
        return redirect(f"{door.address}?part={min(elsewhere)}&check=1")
    signature = SignatureForm(asked.patient, request.POST)
    agent = request.headers.get("User-Agent", "")
    sending = signature.sending(by_link=door.by is None, ip=request.ip, user_agent=agent)
    try:
        services.submit_form(asked=asked, answers=answers, sending=sending, by=door.by, at=timezone.now())
    except DomainError as error:
        signature.is_valid()
        add_refusal(signature, error)
        return _show(request, asked, door, part, form, signature=signature, status=error.status, seen=seen)
    return redirect(door.address)


def _keep(asked: AskedForm, form: FillForm, door: Door) -> FormDraft:
    return services.save_answers(
        asked=asked, answers=form.answers(), of=form.keys, before=form.before(), by=door.by, at=timezone.now()
    )


def _save(request: Request, asked: AskedForm, door: Door) -> HttpResponse:
    """Keep what is typed, and say which state that is; to other answers meanwhile, with these to choose from."""
    if request.method != "POST":
        raise Http404
    content = asked.version.content
    part = _part(request, content)
    form = _form_of(request, asked, content, part)
    try:
        saved = _keep(asked, form, door)
    except services.FormChanged as error:
        context = _changed(error, form, f"{door.address}?part={part}")
        return render(request, "crm/questionnaires/changed.html", context, status=error.status)
    except DomainError as error:
        return JsonResponse({"detail": str(error), "code": error.code}, status=error.status)
    at = date_format(timezone.localtime(saved.saved_at), "H:i")
    return JsonResponse({"seen": str(saved.revision), "text": _("Saved %(time)s") % {"time": at}})


def _show(
    request: Request,
    asked: AskedForm,
    door: Door,
    part: int,
    form: FillForm,
    *,
    signature: SignatureForm | None = None,
    changed: services.FormChanged | None = None,
    status: int = 200,
    seen: str = "",
) -> HttpResponse:
    content = asked.version.content
    if form.is_bound and (seen or changed):
        form.catch_up(str(changed.draft.revision) if changed else seen)
    context = {
        "asked": asked,
        "door": door,
        "form": form,
        "part": part,
        "parts": len(content.sections),
        "is_last": part == len(content.sections),
        "introduction": content.introduction if part == 1 else "",
        "signature": signature or (SignatureForm(asked.patient) if form.signature else None),
        "sheet": SHEET,
        "is_incomplete": "check" in request.GET and not form.is_bound,
        "back": door.back,
        "saved_at": asked.draft.saved_at if asked.draft else None,
        **(_changed(changed, form, f"{door.address}?part={part}") if changed else {}),
    }
    return render(request, "crm/questionnaires/fill.html", context, status=changed.status if changed else status)


def _changed(error: services.FormChanged, form: FillForm, address: str) -> dict[str, Any]:
    """Return what another device saved of this part, where it is something else than what was sent."""
    sent, theirs = form.answers(), error.draft.answers
    differing = [each for each in form.asked if theirs.get(each.key) != sent.get(each.key)]
    shown = [(each.text, _told(each, theirs.get(each.key))) for each in differing]
    return {"theirs": shown, "their_state": error.draft.revision, "their_time": error.draft.saved_at, "again": address}


def _told(question: Any, value: Any) -> str:
    """Return an unfinished answer as people read it, or as it was typed if it is none."""
    try:
        return "" if value is None else in_words(question, value)
    except (KeyError, TypeError, ValueError):
        return str(value)


def _sent(request: Request, asked: AskedForm, filled: FilledForm, door: Door) -> HttpResponse:
    """Thank whoever sent it. What was answered is shown on the portal only: a link may be in other hands by now."""
    told = selectors.told(filled.version.content, filled.answers) if door.by else []
    context = {"asked": asked, "filled": filled, "told": told, "back": door.back}
    return render(request, "crm/questionnaires/sent.html", context)


def _form_of(request: Request, asked: AskedForm, content: Content, part: int) -> FillForm:
    draft = asked.draft
    return FillForm(
        content.sections[part - 1],
        request.POST if request.method == "POST" else None,
        answers=draft.answers if draft else {},
        begins=selectors.prefilled(asked.patient, content),
        seen=str(draft.revision) if draft else "",
    )


def _part(request: Request, content: Content) -> int:
    """Return which part is asked for; the first, if that is none."""
    asked = request.GET.get("part", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 1
    return number if 1 <= number <= len(content.sections) else 1


def _next_part(content: Content, answers: dict[str, Any], part: int, step: int) -> int:
    """Return the next part in which anything is asked; the same one, if there is none."""
    number = part + step
    while 1 <= number <= len(content.sections):
        questions = content.sections[number - 1].questions
        if any(is_shown(each, answers) for each in questions):
            return number
        number += step
    return part


def _part_with(content: Content, key: str) -> int:
    parts = enumerate(content.sections, start=1)
    return next((number for number, section in parts if key in {each.key for each in section.questions}), 1)


def _own(request: Request) -> Any:
    """Return the forms of whom an account answers for: staff fill in nobody's."""
    rows = AskedForm.objects.filter(patient__in=patients_of(request.user.pk))
    return rows.exclude(state=FormState.WITHDRAWN).for_display()


def _door_of_link(secret: str) -> Door:
    return Door(reverse("crm:fill_form", args=[secret]), reverse("crm:fill_draft", args=[secret]))


def _door_of_portal(request: Request, asked: AskedForm) -> Door:
    address, draft = (reverse(f"crm:{name}", args=[asked.pk]) for name in ("own_form", "own_draft"))
    return Door(address, draft, by=request.user, back=reverse("crm:own_forms"))


def _behind(request: Request, secret: str) -> AskedForm:
    """Return the form behind an address. Who guesses is counted by where they are, who fills in by what they have."""
    found = services.find_by_secret(secret=secret, at=timezone.now())
    if found is None:
        limits.count("form-link-unknown", request.ip, at_most=MISSES, seconds=SECONDS)
        raise Http404
    limits.count("form-link", digest(secret), at_most=KNOCKS, seconds=SECONDS)
    return found
