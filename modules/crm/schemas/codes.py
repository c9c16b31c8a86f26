"""Lists of codes on the wire, in the words of FHIR's CodeSystem and Coding."""

from __future__ import annotations

from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.models import Code, CodeList
from modules.crm.services.codes import ListDetails
from modules.crm.services.codes.telling import sentences_of

CodeListStateName = Literal["CHECKING", "REFUSED", "CHECKED", "LOADING", "FAILED", "ACTIVE", "REPLACED", "DISCARDED"]


class CodeListIn(Schema):
    """Which version of which system a file is: a `system` that is known already gets a new version."""

    system: str = Field(max_length=200, description="A URI, such as http://hl7.org/fhir/sid/icd-10.")
    name: str = Field(max_length=80)
    version: str = Field(max_length=40)

    def details(self) -> ListDetails:
        return ListDetails(name=self.name, uri=self.system, version=self.version)


class CodeMistakeOut(Schema):
    line: int
    problem: str


class CodeListOut(Schema):
    """Nothing of it is used before it is checked and then chosen; with one mistake it cannot be."""

    id: UUID
    system_id: UUID
    system: str
    name: str
    version: str
    state: CodeListStateName
    problem: str
    mistakes: list[CodeMistakeOut]
    counts: dict[str, int]
    created_at: Moment
    by_name: str
    loaded_at: Moment | None

    @classmethod
    def of(cls, code_list: CodeList) -> CodeListOut:
        problem, mistakes = sentences_of(code_list)
        return cls(
            id=code_list.pk,
            system_id=code_list.system_id,
            system=code_list.system.uri,
            name=code_list.system.name,
            version=code_list.version,
            state=cast("CodeListStateName", code_list.state),
            problem=problem,
            mistakes=[CodeMistakeOut(line=each.line, problem=each.sentence) for each in mistakes],
            counts=code_list.counts,
            created_at=code_list.created_at,
            by_name=code_list.by_name,
            loaded_at=code_list.loaded_at,
        )


class CodeOut(Schema):
    id: UUID
    code: str
    system: str
    display: str
    synonyms: list[str]

    @classmethod
    def of(cls, code: Code, language: str) -> CodeOut:
        display = code.display_in(language)
        return cls(id=code.pk, code=code.code, system=code.system.uri, display=display, synonyms=code.synonyms)


class CodesOut(Schema):
    items: list[CodeOut]
