"""The forms that notes are written in, and the phrases that short words stand for."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status

from httpapi.doors import endpoint
from modules.crm import services
from modules.crm.models import NoteTemplate, NoteTemplateVersion, Phrase
from modules.crm.schemas.note_setup import PhraseIn, PhraseOut, PhrasesOut, TemplateIn, TemplateOut, TemplatesOut
from tenancy.requests import Request

router = Router()
TEMPLATES, PHRASES = "/note-templates/", "/phrases/"


@router.get(TEMPLATES, response=TemplatesOut, summary="The forms for notes")
@endpoint("crm.write_note")
def list_templates(request: Request) -> TemplatesOut:
    """Those in use, as they are now."""
    return TemplatesOut(items=[TemplateOut.of(version) for version in NoteTemplateVersion.objects.current()])


@router.post(TEMPLATES, response={201: TemplateOut}, summary="Add a form for notes")
@endpoint("crm.manage_note_setup")
def add_template(request: Request, body: TemplateIn) -> Status[TemplateOut]:
    version = services.add_template(details=body.details(), by=request.user, at=timezone.now())
    return Status(201, TemplateOut.of(version))


@router.put(TEMPLATES + "{uuid:template_id}/", response=TemplateOut, summary="Change a form for notes")
@endpoint("crm.manage_note_setup")
def change_template(request: Request, template_id: UUID, body: TemplateIn) -> TemplateOut:
    """Other sections are a new version: notes keep the one that they were begun in."""
    template = get_object_or_404(NoteTemplate, pk=template_id, ended_at=None)
    at = timezone.now()
    return TemplateOut.of(services.change_template(template=template, details=body.details(), by=request.user, at=at))


@router.delete(TEMPLATES + "{uuid:template_id}/", response={204: None}, summary="Begin no more notes in a form")
@endpoint("crm.manage_note_setup")
def end_template(request: Request, template_id: UUID) -> Status[None]:
    template = get_object_or_404(NoteTemplate, pk=template_id)
    services.end_template(template=template, by=request.user, at=timezone.now())
    return Status(204, None)


@router.get(PHRASES, response=PhrasesOut, summary="What short words stand for: one's own and everybody's")
@endpoint("crm.write_note")
def list_phrases(request: Request) -> PhrasesOut:
    return PhrasesOut(items=[PhraseOut.of(phrase) for phrase in Phrase.objects.of(request.user)])


@router.post(PHRASES, response={201: PhraseOut}, summary="Have a word stand for a text")
@endpoint("crm.write_note")
def add_phrase(request: Request, body: PhraseIn) -> Status[PhraseOut]:
    return Status(201, PhraseOut.of(services.save_phrase(**body.dict(), by=request.user)))


@router.put(PHRASES + "{uuid:phrase_id}/", response=PhraseOut, summary="Change a phrase")
@endpoint("crm.write_note")
def change_phrase(request: Request, phrase_id: UUID, body: PhraseIn) -> PhraseOut:
    return PhraseOut.of(services.save_phrase(**body.dict(), phrase_id=phrase_id, by=request.user))


@router.delete(PHRASES + "{uuid:phrase_id}/", response={204: None}, summary="Remove a phrase")
@endpoint("crm.write_note")
def remove_phrase(request: Request, phrase_id: UUID) -> Status[None]:
    services.remove_phrase(phrase_id=phrase_id, by=request.user)
    return Status(204, None)
