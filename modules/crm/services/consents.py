"""What somebody says to a text: signed here or on paper, withdrawn. Each is a row that never changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from kernel.errors import Conflict, NotAllowed
from modules.crm.models import Consent, ConsentKind, ConsentText, Decision, Patient, Way
from modules.crm.services.consent_texts import ConsentInvalid
from modules.crm.services.signatures import LONGEST_AGENT, Signer, address_in, problems_of, read_drawing
from tenancy import current_tenant


class NewerText(Conflict):
    """What was signed is not what people are asked now; or it was not what was shown."""

    code = "consent-text-changed"


class NothingToWithdraw(Conflict):
    code = "nothing-to-withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What shows that it was signed. `digest` is of the text that was shown. Without a `drawing` the name counts."""

    digest: str
    agreed: bool = True
    drawing: str = ""
    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A signature on paper, noted by whoever has it in their hands."""

    signed_on: date
    witness: str = ""


@transaction.atomic
def sign_consent(
    *, patient: Patient, text: ConsentText, signer: Signer, evidence: Evidence, by: Any, at: datetime
) -> Consent:
    """Keep a signature that is given here, or on the portal. Signing the same text twice is no error.

    Raises `ConsentInvalid`, `NewerText` or `NotAllowed`.
    """
    _check_may_take(patient, by=by)
    problems = problems_of(signer)
    if not evidence.agreed:
        problems["agreed"] = [_("Tick that you agree.")]
    drawing = read_drawing(evidence.drawing, problems=problems)
    _refuse(problems)
    _check_is_current(text, digest=evidence.digest)
    way = Way.PORTAL if reach_of(by, "crm.take_consent") is Reach.SELF else Way.DEVICE
    shown = {"drawing": drawing, "ip": address_in(evidence.ip), "user_agent": evidence.user_agent[:LONGEST_AGENT]}
    return _say(patient, text, Decision.GIVEN, signer, by=by, at=at, way=way, signed_on=_today(at), **shown)


@transaction.atomic
def note_paper(*, patient: Patient, text: ConsentText, signer: Signer, paper: Paper, by: Any, at: datetime) -> Consent:
    """Note a signature that was given on paper. Raises `ConsentInvalid`, `NewerText` or `NotAllowed`."""
    _check_may_take(patient, by=by)
    if reach_of(by, "crm.take_consent") is Reach.SELF:
        raise NotAllowed(_("What is on paper is noted by the practice."))
    problems = problems_of(signer)
    if paper.signed_on > _today(at):
        problems["signed_on"] = [_("That is in the future.")]
    _refuse(problems)
    _check_is_current(text, digest=text.digest)
    witness = " ".join(paper.witness.split()) or str(by)
    kept = {"signed_on": paper.signed_on, "witness": witness}
    return _say(patient, text, Decision.GIVEN, signer, by=by, at=at, way=Way.PAPER, **kept)


@transaction.atomic
def withdraw_consent(
    *, patient: Patient, kind: ConsentKind, signer: Signer, reason: str = "", by: Any, at: datetime
) -> Consent:
    """Keep that somebody takes their agreement back; the signature stays. Doing it twice is no error.

    Raises `NothingToWithdraw`, `ConsentInvalid` or `NotAllowed`.
    """
    _check_may_take(patient, by=by)
    _refuse(problems_of(signer))
    _one_at_a_time(patient)
    last = _last_word(patient, kind)
    if last is None:
        raise NothingToWithdraw(_("Nothing was signed that could be withdrawn."))
    way = Way.PORTAL if reach_of(by, "crm.take_consent") is Reach.SELF else Way.TOLD
    kept = {"way": way, "signed_on": _today(at), "reason": reason.strip()}
    return _say(patient, last.text, Decision.WITHDRAWN, signer, by=by, at=at, **kept)


def _say(
    patient: Patient, text: ConsentText, decision: Decision, signer: Signer, *, by: Any, at: datetime, **kept: Any
) -> Consent:
    _one_at_a_time(patient)
    last = _last_word(patient, text.kind)
    if last is not None and (last.decision, last.text_id) == (decision, text.pk):
        return last
    said = Consent(
        patient=patient,
        text=text,
        decision=decision,
        at=at,
        signer_name=" ".join(signer.name.split()),
        relation=signer.relation,
        text_digest=text.digest,
        by_id=by.pk,
        by_name=str(by),
        **kept,
    )
    said.save(force_insert=True)
    told = ("decision", "way", "signed_on", "signer_name", "relation", "text_digest", "drawing", "witness", "reason")
    deed = "crm.consent.signed" if said.is_given else "crm.consent.withdrawn"
    audit.record(action=deed, of=said, by=by, changes=audit.created(said, told))
    return said


def _last_word(patient: Patient, kind: ConsentKind) -> Consent | None:
    return patient.consents.filter(text__kind=kind).select_related("text").order_by("-at", "-id").first()


def _one_at_a_time(patient: Patient) -> None:
    """Have whoever else says something for this patient wait: of two presses, the second finds the first."""
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)


def _check_may_take(patient: Patient, *, by: Any) -> None:
    if not by.has_perm("crm.take_consent", patient):
        raise NotAllowed(_("Your role does not allow this for this record."))


def _check_is_current(text: ConsentText, *, digest: str) -> None:
    if not any(each.pk == text.pk for each in ConsentText.objects.current().filter(kind=text.kind_id)):
        raise NewerText(_("There is a newer text by now, or nobody is asked for it any more. Read it again."))
    if digest != text.digest:
        raise NewerText(_("This is not the text that was shown. Read it again."))


def _today(at: datetime) -> date:
    return at.astimezone(ZoneInfo(current_tenant().time_zone)).date()


def _refuse(problems: dict[str, list[str]]) -> None:
    if problems:
        sentences = (sentence for sentences in problems.values() for sentence in sentences)
        raise ConsentInvalid(" ".join(sentences), fields=problems)
