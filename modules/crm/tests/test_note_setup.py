"""The forms that notes are written in, and the phrases that short words stand for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from identity.models import User
from kernel.errors import NotAllowed
from modules.crm.models import Note, NoteTemplate, NoteTemplateVersion, Patient, Phrase
from modules.crm.selectors import versions_of
from modules.crm.services import (
    Before,
    ContactDetails,
    PatientDetails,
    TemplateDetails,
    Written,
    add_template,
    begin_note,
    change_template,
    end_template,
    register_patient,
    remove_phrase,
    save_draft,
    save_phrase,
    sign_note,
    write_in_template,
)
from modules.crm.services.notes.phrases import NoSuchPhrase, PhraseInvalid
from modules.crm.services.notes.templates import NoSuchTemplate, NoteHasText, TemplateInvalid
from tenancy import TenantRef, use

FIRST = TemplateDetails(name="First visit", parts=[("Why they come", "In their words"), ("Findings", "")])


@pytest.fixture
def paul(in_clinic: TenantRef, bo: User, now: datetime) -> Patient:
    who = {"patient": PatientDetails(first_name="Paul"), "contact": ContactDetails(first_name="Paul")}
    return register_patient(**who, by=bo, at=now)


@pytest.fixture
def version(in_clinic: TenantRef, ana: User, now: datetime) -> NoteTemplateVersion:
    return add_template(details=FIRST, by=ana, at=now)


@pytest.fixture
def note(paul: Patient, version: NoteTemplateVersion, bo: User, now: datetime) -> Note:
    begun = begin_note(patient=paul, by=bo, at=now)
    return write_in_template(note=begun, template_id=version.template_id, by=bo)


def write(note: Note, sections: dict[str, str], *, by: User, at: datetime) -> Note:
    before = Before(seen=Note.objects.for_display().get(pk=note.pk).seen)
    return save_draft(note=note, written=Written(sections=sections), before=before, by=by, at=at)


def test_a_note_keeps_the_form_that_it_was_begun_in(
    note: Note, version: NoteTemplateVersion, ana: User, bo: User, now: datetime
) -> None:
    write(note, {"s1": "Knee, since Monday.", "s2": "No effusion."}, by=bo, at=now)
    sign_note(note=note, by=bo, at=now)
    later = TemplateDetails(name="First visit", parts=[("Reason", ""), ("Findings", "")])

    newer = change_template(template=version.template, details=later, by=ana, at=now)
    same = change_template(template=version.template, details=later, by=ana, at=now)
    end_template(template=version.template, by=ana, at=now)

    assert (newer.number, same.number, NoteTemplateVersion.objects.current().exists()) == (2, 2, False)
    signed = Note.objects.for_display().get(pk=note.pk)
    assert signed.sections == [("Why they come", "Knee, since Monday."), ("Findings", "No effusion.")]
    assert [each.texts for each in versions_of(signed)] == [{"s1": "Knee, since Monday.", "s2": "No effusion."}]
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE crm_notetemplateversion SET parts = '[]'")


def test_a_form_is_chosen_while_there_is_no_text(
    note: Note, version: NoteTemplateVersion, ana: User, bo: User, now: datetime
) -> None:
    seen = note.seen
    usual = write_in_template(note=note, template_id=None, by=bo)
    assert (list(usual.headings), usual.seen == seen) == (["subjective", "objective", "assessment", "plan"], False)
    write(note, {"plan": "Load."}, by=bo, at=now)

    with pytest.raises(NoteHasText):
        write_in_template(note=note, template_id=version.template_id, by=bo)
    end_template(template=version.template, by=ana, at=now)
    another = begin_note(patient=note.patient, by=bo, at=now)
    with pytest.raises(NoSuchTemplate):
        write_in_template(note=another, template_id=version.template_id, by=bo)


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (TemplateDetails(name=" ", parts=[("A", "")]), "name"),
        (TemplateDetails(name="first  VISIT", parts=[("A", "")]), "name"),
        (TemplateDetails(name="B", parts=[]), "parts"),
        (TemplateDetails(name="B", parts=[("", "Ask")]), "parts"),
        (TemplateDetails(name="B", parts=[("A", "")] * 13), "parts"),
    ],
    ids=["no name", "there already", "no section", "no heading", "too many"],
)
def test_what_makes_no_form_is_refused_with_the_field(
    details: TemplateDetails, field: str, version: NoteTemplateVersion, ana: User, now: datetime
) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        add_template(details=details, by=ana, at=now)

    assert list(refused.value.fields) == [field]


def test_a_phrase_is_ones_own_or_everybodys(in_clinic: TenantRef, ana: User, bo: User, bea: User) -> None:
    own = save_phrase(word="rom", text="Full range of movement.", is_shared=False, by=bo)
    shared = save_phrase(word="rom", text="Range of movement full.", is_shared=True, by=ana)

    assert [each.text for each in Phrase.objects.of(bo)] == ["Full range of movement.", "Range of movement full."]
    assert list(Phrase.objects.of(bea)) == [shared]
    for refused, error in (
        ({"word": "ROM", "is_shared": False}, PhraseInvalid),
        ({"word": "two words", "is_shared": False}, PhraseInvalid),
        ({"word": "x", "is_shared": True}, NotAllowed),
        ({"word": "x", "is_shared": False, "phrase_id": shared.pk}, NotAllowed),
    ):
        with pytest.raises(error):
            save_phrase(text="Text.", **refused, by=bo)
    with pytest.raises(NoSuchPhrase):
        remove_phrase(phrase_id=own.pk, by=bea)
    remove_phrase(phrase_id=own.pk, by=bo)
    assert list(Phrase.objects.of(bo)) == [shared]


def test_forms_and_phrases_are_kept_on_pages_and_by_the_api(
    clinic: TenantRef, paul: Patient, pages: Any, api: Any, ana: User, bo: User, now: datetime
) -> None:
    owner, program, writer = pages(ana), api(ana), pages(bo)
    assert owner.post("/settings/note-templates/new/", {"name": "Report", "prompt-0": "Ask"}).status_code == 422
    made = owner.post("/settings/note-templates/new/", {"name": "Report", "heading-0": "To whom", "prompt-0": "Name"})
    assert made.status_code == 302
    with use(clinic):
        template = NoteTemplate.objects.get()
        note = begin_note(patient=paul, by=bo, at=now)
    page = f"/settings/note-templates/{template.pk}/"
    assert 'value="To whom"' in owner.get(page).content.decode()
    assert owner.post(page, {"name": "Report", "heading-0": "For"}).status_code == 302
    (listed,) = program.get("/api/patients/note-templates/").json()["items"]
    assert (listed["version"], listed["sections"]) == (2, [{"name": "s1", "heading": "For", "prompt": ""}])

    address = f"/patients/{paul.pk}/notes/{note.pk}/"
    assert writer.post(f"{address}template/", {"template": "x"}).status_code == 404
    assert writer.post(f"{address}template/", {"template": str(template.pk)}).status_code == 302
    editor = writer.get(f"{address}edit/").content.decode()
    assert ('name="s1"' in editor, 'name="plan"' in editor) == (True, False)
    assert writer.post("/settings/phrases/", {"word": "a b", "text": "x"}).status_code == 422
    assert writer.post("/settings/phrases/", {"word": "rom", "text": "Range full."}).status_code == 302
    assert 'data-phrase="rom"' in writer.get(f"{address}edit/").content.decode()
    (phrase,) = api(bo).get("/api/patients/phrases/").json()["items"]
    assert api(bo).client.delete(f"/api/patients/phrases/{phrase['id']}/").status_code == 204
    assert program.client.delete(f"/api/patients/note-templates/{template.pk}/").status_code == 204
    assert "Only the usual form yet" in owner.get("/settings/note-templates/").content.decode()
