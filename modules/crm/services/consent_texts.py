"""What people are asked to agree to: write it, publish it, ask no more."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from modules.crm.models import ConsentKind, ConsentText, Purpose

KIND_FIELDS, TEXT_FIELDS = ("name", "purpose", "asked_at_check_in"), ("title", "body")


class ConsentInvalid(Invalid):
    """What was given makes no text that anybody could sign, or no signature; `fields` says where."""

    code = "consent-invalid"


class NothingToPublish(Conflict):
    """There is no draft in this language."""

    code = "no-draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindDetails:
    name: str
    purpose: str = Purpose.OTHER
    asked_at_check_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of a text in one language. Lines end as on Unix, whoever typed them."""

    language: str
    title: str
    body: str

    def cleaned(self) -> Wording:
        body = self.body.replace("\r\n", "\n").strip()
        return Wording(language=self.language, title=" ".join(self.title.split()), body=body)


@transaction.atomic
def add_kind(*, details: KindDetails, by: Any) -> ConsentKind:
    """Add something that people are asked to agree to. They are asked once a text of it is published."""
    _check_kind(details)
    kind = ConsentKind.objects.create(**asdict(details))
    audit.record(action="crm.consentkind.added", of=kind, by=by, changes=audit.created(kind, KIND_FIELDS))
    return kind


@transaction.atomic
def change_kind(*, kind: ConsentKind, details: KindDetails, by: Any) -> ConsentKind:
    """Call it something else, or ask for it at the check-in. Its texts stay."""
    _check_kind(details)
    kind = ConsentKind.objects.select_for_update().get(pk=kind.pk)
    before = audit.snapshot(kind, KIND_FIELDS)
    for name, value in asdict(details).items():
        setattr(kind, name, value)
    if changes := audit.difference(before, kind):
        kind.save(update_fields=list(changes))
        audit.record(action="crm.consentkind.changed", of=kind, by=by, changes=changes)
    return kind


@transaction.atomic
def end_kind(*, kind: ConsentKind, by: Any, at: datetime) -> ConsentKind:
    """Ask nobody any more. What was signed stays, and can still be withdrawn."""
    kind = ConsentKind.objects.select_for_update().get(pk=kind.pk)
    if kind.ended_at is None:
        kind.ended_at = at
        kind.save(update_fields=["ended_at"])
        audit.record(action="crm.consentkind.ended", of=kind, by=by, changes={"ended_at": (None, at)})
    return kind


@transaction.atomic
def write_text(*, kind: ConsentKind, wording: Wording, by: Any, at: datetime) -> ConsentText:
    """Write the draft of the next version in a language, or write it again. Nobody sees it until it is published."""
    wording = wording.cleaned()
    _check_wording(wording)
    ConsentKind.objects.select_for_update().get(pk=kind.pk)
    in_language = ConsentText.objects.filter(kind=kind, language=wording.language)
    text = in_language.filter(published_at=None).first()
    if text is None:
        latest = in_language.aggregate(latest=Max("version"))["latest"] or 0
        text = ConsentText(kind=kind, language=wording.language, version=latest + 1)
    before = audit.snapshot(text, TEXT_FIELDS)
    text.title, text.body, text.written_at = wording.title, wording.body, at
    text.save()
    audit.record(action="crm.consenttext.written", of=text, by=by, changes=audit.difference(before, text))
    return text


@transaction.atomic
def publish_text(*, kind: ConsentKind, language: str, by: Any, at: datetime) -> ConsentText:
    """Have people asked with the draft from now on. It never changes again; who signed an earlier one is asked anew.

    Raises `NothingToPublish`.
    """
    text = ConsentText.objects.select_for_update().filter(kind=kind, language=language, published_at=None).first()
    if text is None:
        raise NothingToPublish(_("There is no draft to publish."))
    text.published_at, text.published_by_id, text.published_by_name = at, getattr(by, "pk", None), str(by)
    text.save()
    changes = {"published_at": (None, at), "version": (None, text.version)}
    audit.record(action="crm.consenttext.published", of=text, by=by, changes=changes)
    return text


def _check_kind(details: KindDetails) -> None:
    problems: dict[str, list[str]] = {}
    if not details.name.strip():
        problems["name"] = [_("A name is needed.")]
    if details.purpose not in Purpose.values:
        problems["purpose"] = [_("Choose what it is for.")]
    _refuse(problems)


def _check_wording(wording: Wording) -> None:
    problems: dict[str, list[str]] = {}
    if wording.language not in dict(settings.LANGUAGES):
        problems["language"] = [_("Choose a language.")]
    if not wording.title:
        problems["title"] = [_("A title is needed.")]
    if not wording.body:
        problems["body"] = [_("Write what people agree to.")]
    _refuse(problems)


def _refuse(problems: dict[str, list[str]]) -> None:
    if problems:
        sentences = (sentence for sentences in problems.values() for sentence in sentences)
        raise ConsentInvalid(" ".join(sentences), fields=problems)
