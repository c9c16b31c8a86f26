"""Agreements: what is asked, how somebody stands to it, and what was signed."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import Field

from access.fields import seen_value
from httpapi.fields import Moment
from httpapi.schemas import Schema
from modules.crm.models import Consent, ConsentKind, ConsentText
from modules.crm.selectors import Standing
from modules.crm.services import KindDetails, Signer, Wording

PurposeName = Literal["TREATMENT", "PRIVACY", "MARKETING", "PICTURES", "OTHER"]
RelationName = Literal["SELF", "PARENT", "GUARDIAN", "OWNER", "AGENT"]
StateName = Literal["GIVEN", "OUTDATED", "WITHDRAWN", "MISSING"]


class ConsentKindIn(Schema):
    name: str = Field(max_length=80)
    purpose: PurposeName
    asked_at_check_in: bool = False

    def details(self) -> KindDetails:
        return KindDetails(**self.dict())


class WordingIn(Schema):
    """The draft of the next version in a language."""

    language: str = Field(max_length=10)
    title: str = Field(max_length=120)
    body: str = Field(max_length=20_000)

    def wording(self) -> Wording:
        return Wording(**self.dict())


class PublicationIn(Schema):
    language: str = Field(max_length=10)


class ConsentTextOut(Schema):
    """`digest` is the SHA-256 of title, empty line and body; it is sent along when the text is signed."""

    id: UUID
    language: str
    version: int
    title: str
    body: str
    digest: str
    published_at: Moment | None
    published_by: str

    @staticmethod
    def of(text: ConsentText) -> ConsentTextOut:
        return ConsentTextOut(
            id=text.pk,
            language=text.language,
            version=text.version,
            title=text.title,
            body=text.body,
            digest=text.digest,
            published_at=text.published_at,
            published_by=text.published_by_name,
        )


class ConsentKindOut(Schema):
    """Something that people are asked to agree to, with all versions of its text, the latest of a language first."""

    id: UUID
    name: str
    purpose: PurposeName
    asked_at_check_in: bool
    texts: list[ConsentTextOut]

    @staticmethod
    def of(kind: ConsentKind, texts: list[ConsentText]) -> ConsentKindOut:
        return ConsentKindOut(
            id=kind.pk,
            name=kind.name,
            purpose=cast("PurposeName", kind.purpose),
            asked_at_check_in=kind.asked_at_check_in,
            texts=[ConsentTextOut.of(text) for text in texts],
        )


class SignerIn(Schema):
    signer_name: str = Field(max_length=150)
    relation: RelationName = "SELF"

    def signer(self) -> Signer:
        return Signer(name=self.signer_name, relation=self.relation)


class SignatureIn(SignerIn):
    """A signature that is given now. `drawing` are strokes on a sheet of 600 by 200, each a flat list x, y, x, y, …;
    without one the name counts. `digest` is of the text that was shown."""

    text_id: UUID
    digest: str = Field(max_length=64)
    agreed: bool
    drawing: list[list[int]] | None = Field(None, max_length=100)


class PaperIn(SignerIn):
    """A signature on paper. Without a `witness` it is whoever notes it."""

    text_id: UUID
    signed_on: date
    witness: str = Field("", max_length=150)


class WithdrawalIn(SignerIn):
    kind_id: UUID
    reason: str = Field("", max_length=200)


class ConsentOut(Schema):
    """What somebody said, and what shows it. `drawing` is the path of an SVG on a sheet of 600 by 200."""

    id: UUID
    kind_id: UUID
    text: ConsentTextOut
    decision: Literal["GIVEN", "WITHDRAWN"]
    way: Literal["DEVICE", "PAPER", "PORTAL", "TOLD"]
    at: Moment
    signed_on: date
    signer_name: str
    relation: RelationName
    text_digest: str
    is_intact: bool = Field(description="Whether the text that is kept is still the one that was shown.")
    drawing: str
    ip: str
    user_agent: str
    witness: str
    reason: str
    by_name: str

    @staticmethod
    def of(consent: Consent, *, seen_by: Any) -> ConsentOut:
        return ConsentOut(
            id=consent.pk,
            kind_id=consent.text.kind_id,
            text=ConsentTextOut.of(consent.text),
            decision=cast("Any", consent.decision),
            way=cast("Any", consent.way),
            at=consent.at,
            signed_on=consent.signed_on,
            signer_name=consent.signer_name,
            relation=cast("RelationName", consent.relation),
            text_digest=consent.text_digest,
            is_intact=consent.is_intact,
            drawing=consent.drawn,
            ip=consent.ip or "",
            user_agent=consent.user_agent,
            witness=consent.witness,
            reason=seen_value(seen_by, consent, "reason") or "",
            by_name=consent.by_name,
        )


class StandingOut(Schema):
    """How a patient stands to one thing. `text` is what they would sign now; null if nothing is asked."""

    kind_id: UUID
    name: str
    purpose: PurposeName
    asked_at_check_in: bool
    state: StateName
    last_id: UUID | None
    last_at: Moment | None
    text: ConsentTextOut | None

    @staticmethod
    def of(standing: Standing) -> StandingOut:
        kind, last = standing.kind, standing.last
        return StandingOut(
            kind_id=kind.pk,
            name=kind.name,
            purpose=cast("PurposeName", kind.purpose),
            asked_at_check_in=kind.asked_at_check_in,
            state=standing.state.value,
            last_id=last.pk if last else None,
            last_at=last.at if last else None,
            text=ConsentTextOut.of(standing.text) if standing.text else None,
        )


class StandingsOut(Schema):
    items: list[StandingOut]
