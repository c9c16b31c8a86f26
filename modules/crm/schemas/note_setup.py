"""Forms for notes, and phrases, over the wire."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.models import NoteTemplateVersion, Phrase
from modules.crm.models.note_setup import LONGEST_PHRASE, LONGEST_TEMPLATE_NAME, LONGEST_WORD
from modules.crm.services import TemplateDetails
from modules.crm.services.notes.templates import LONGEST_HEADING, LONGEST_PROMPT, MOST_SECTIONS


class PartIn(Schema):
    heading: str = Field(max_length=LONGEST_HEADING)
    prompt: str = Field("", max_length=LONGEST_PROMPT)


class TemplateIn(Schema):
    name: str = Field(max_length=LONGEST_TEMPLATE_NAME)
    sections: list[PartIn] = Field(max_length=MOST_SECTIONS)

    def details(self) -> TemplateDetails:
        return TemplateDetails(name=self.name, parts=[(part.heading, part.prompt) for part in self.sections])


class TemplateSectionOut(Schema):
    """`name` is what a note calls its text by."""

    name: str
    heading: str
    prompt: str


class TemplateOut(Schema):
    id: UUID
    name: str
    version: int
    sections: list[TemplateSectionOut]
    made_at: Moment
    made_by_name: str

    @staticmethod
    def of(version: NoteTemplateVersion) -> TemplateOut:
        return TemplateOut(
            id=version.template_id,
            name=version.template.name,
            version=version.number,
            sections=[TemplateSectionOut.model_validate(each, from_attributes=True) for each in version.sections],
            made_at=version.made_at,
            made_by_name=version.made_by_name,
        )


class TemplatesOut(Schema):
    items: list[TemplateOut]


class ChosenTemplateIn(Schema):
    """No template is the usual form: subjective, objective, assessment, plan."""

    template_id: UUID | None = None


class PhraseIn(Schema):
    word: str = Field(max_length=LONGEST_WORD)
    text: str = Field(max_length=LONGEST_PHRASE)
    is_shared: bool = False


class PhraseOut(Schema):
    id: UUID
    word: str
    text: str
    is_shared: bool

    @staticmethod
    def of(phrase: Phrase) -> PhraseOut:
        return PhraseOut(id=phrase.pk, word=phrase.word, text=phrase.text, is_shared=phrase.owner_id is None)


class PhrasesOut(Schema):
    items: list[PhraseOut]
