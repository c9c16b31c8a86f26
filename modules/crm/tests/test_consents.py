"""What people are asked to agree to: words that stay as they were signed, signatures as they were given."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEntry
from identity.models import User
from kernel.errors import NotAllowed
from modules.crm import public
from modules.crm.domain.consents import State, digest_of
from modules.crm.domain.drawings import HEIGHT, WIDTH, NotADrawing, path_of, read_strokes, write_strokes
from modules.crm.models import Consent, ConsentKind, ConsentText, Patient
from modules.crm.selectors import standing_of, text_to_show
from modules.crm.services import (
    ConsentInvalid,
    ContactDetails,
    Evidence,
    NewerText,
    NothingToWithdraw,
    Paper,
    PatientDetails,
    Signer,
    Wording,
    claim_records,
    end_kind,
    note_paper,
    publish_text,
    register_patient,
    sign_consent,
    withdraw_consent,
    write_text,
)
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.together import all_at_once

SCRIBBLE = json.dumps([[10, 10, 60, 90, 120, 20], [130, 40, 180, 45]])
PAUL = Signer(name="Paul Weiss")

places = st.tuples(st.integers(0, WIDTH), st.integers(0, HEIGHT))
strokes = st.lists(places, min_size=1, max_size=20).map(lambda each: [number for place in each for number in place])
drawings = st.lists(strokes, max_size=8)


@pytest.fixture
def paul(in_clinic: TenantRef, rita: User, now: datetime) -> Patient:
    return register("Paul", by=rita, at=now)


@pytest.fixture
def text(in_clinic: TenantRef) -> ConsentText:
    return ConsentText.objects.current().get(kind__name="Treatment")


@pytest.fixture
def sign(rita: User, paul: Patient, text: ConsentText, now: datetime) -> Callable[..., Consent]:
    """`sign()` has Paul sign what is asked, with Rita, unless told otherwise."""

    def sign_one(*, what: ConsentText = text, by: User = rita, at: datetime = now, **evidence: Any) -> Consent:
        shown = Evidence(**{"digest": what.digest, "drawing": SCRIBBLE} | evidence)
        patient = Patient.objects.get(pk=paul.pk)
        return sign_consent(patient=patient, text=what, signer=PAUL, evidence=shown, by=by, at=at)

    return sign_one


def register(name: str, *, by: User, at: datetime) -> Patient:
    contact = ContactDetails(first_name=name, email=f"{name.lower()}@mail.example")
    return register_patient(patient=PatientDetails(first_name=name), contact=contact, by=by, at=at)


def new_version(text: ConsentText, *, by: User, at: datetime) -> ConsentText:
    wording = Wording(language=text.language, title=text.title, body=f"{text.body}\n\nAnd one thing more.")
    write_text(kind=text.kind, wording=wording, by=by, at=at)
    return publish_text(kind=text.kind, language=text.language, by=by, at=at)


@given(drawn=drawings | st.recursive(st.none() | st.booleans() | st.floats() | st.integers(), st.lists))
def test_what_is_taken_for_a_drawing_is_numbers_on_the_sheet_and_nothing_else(drawn: Any) -> None:
    try:
        read = read_strokes(json.dumps(drawn))
    except NotADrawing:
        return

    assert read == drawn == read_strokes(write_strokes(read))
    assert re.fullmatch(r"(M\d+ \d+(L\d+ \d+)+)+", path_of(read))
    assert all(0 <= x <= WIDTH for stroke in read for x in stroke[::2])


@pytest.mark.parametrize(
    "sent",
    [
        "", "<svg onload=alert(1)>", "[]", "[[1,2,3]]", "[[1,2,true,90]]", '[["1",2,90,90]]', "[[0,0,601,5]]",
        "[[0,0,1.5,90]]", "[" * 30_000, "9" * 39_000, "[[5,5,6,6]]", json.dumps([[1, 1, 99, 99]] * 101),
        json.dumps([[1, 1, 90, 90] * 3_000]),
    ],
    ids=str,
)  # fmt: skip
def test_no_other_thing_is_a_drawing(sent: str) -> None:
    with pytest.raises(NotADrawing):
        read_strokes(sent)


def test_a_signature_keeps_the_words_the_drawing_and_where_it_came_from(
    sign: Any, text: ConsentText, rita: User, now: datetime
) -> None:
    sign(ip="203.0.113.7", user_agent="Tablet" * 100)

    kept = Consent.objects.get()
    assert (kept.text_digest, kept.is_intact) == (digest_of(text.title, text.body), True)
    assert (kept.drawn, kept.ip, len(kept.user_agent)) == ("M10 10L60 90L120 20M130 40L180 45", "203.0.113.7", 300)
    assert (kept.signer_name, kept.way, kept.by_name, kept.at) == ("Paul Weiss", "DEVICE", str(rita), now)
    logged = AuditEntry.objects.get(action="crm.consent.signed")
    assert (logged.changes["drawing"], logged.subject_id) == ([None, "•••"], kept.patient_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT drawing FROM crm_consent")
        assert "10,10,60" not in cursor.fetchone()[0]


def test_whoever_cannot_draw_signs_by_name_and_tick(sign: Any) -> None:
    with pytest.raises(ConsentInvalid) as unticked:
        sign(drawing="", agreed=False)
    with pytest.raises(ConsentInvalid) as scrawled:
        sign(drawing="[[3,3,4,4]]")
    sign(drawing="")

    assert (list(unticked.value.fields), list(scrawled.value.fields)) == (["agreed"], ["drawing"])
    assert Consent.objects.get().drawn == ""


def test_signing_twice_keeps_one_and_withdrawing_adds_one(
    sign: Any, paul: Patient, text: ConsentText, rita: User, now: datetime
) -> None:
    with pytest.raises(NothingToWithdraw):
        withdraw_consent(patient=paul, kind=text.kind, signer=PAUL, by=rita, at=now)
    first, again = sign(), sign(at=now + timedelta(minutes=1))
    later = now + timedelta(days=1)
    for _press in range(2):
        withdraw_consent(patient=paul, kind=text.kind, signer=PAUL, reason="no more", by=rita, at=later)

    assert first.pk == again.pk
    assert list(Consent.objects.order_by("at").values_list("decision", "way")) == [
        ("GIVEN", "DEVICE"),
        ("WITHDRAWN", "TOLD"),
    ]


def test_the_database_lets_nobody_change_what_was_signed_or_published(sign: Any, text: ConsentText) -> None:
    sign()

    for statement in (
        "UPDATE crm_consent SET decision = 'WITHDRAWN'",
        "DELETE FROM crm_consent",
        "UPDATE crm_consenttext SET body = 'You owe us a fortune'",
        "DELETE FROM crm_consenttext",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_newer_text_is_asked_for_anew_and_the_older_one_cannot_be_signed_any_more(
    sign: Any, paul: Patient, text: ConsentText, ana: User, now: datetime
) -> None:
    signed = sign()
    newer = new_version(text, by=ana, at=now)

    with pytest.raises(NewerText):
        sign(what=text)
    with pytest.raises(NewerText):
        sign(what=newer, digest=text.digest)
    (standing,) = [each for each in standing_of(paul) if each.kind == text.kind]
    assert (newer.version, standing.state, standing.last, standing.text) == (2, State.OUTDATED, signed, newer)

    sign(what=newer)
    assert {each.state for each in standing_of(paul) if each.kind == text.kind} == {State.GIVEN}


def test_a_draft_is_shown_to_nobody_and_a_language_has_versions_of_its_own(
    sign: Any, paul: Patient, text: ConsentText, ana: User, now: datetime, settings: Any
) -> None:
    settings.LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
    sign()
    wording = Wording(language="de", title="Behandlung", body="Ich bin einverstanden.\r\n")
    draft = write_text(kind=text.kind, wording=wording, by=ana, at=now)
    assert (draft.version, draft.body) == (1, "Ich bin einverstanden.")
    with pytest.raises(NewerText):
        sign(what=draft)

    german = publish_text(kind=text.kind, language="de", by=ana, at=now)

    assert text_to_show(ConsentText.objects.current().filter(kind=text.kind), language="de") == german
    assert {each.state for each in standing_of(paul) if each.kind == text.kind} == {State.GIVEN}


def test_what_is_asked_no_more_is_missing_to_nobody_and_can_still_be_withdrawn(
    sign: Any, paul: Patient, text: ConsentText, ana: User, rita: User, now: datetime
) -> None:
    sign()
    for kind in ConsentKind.objects.all():
        end_kind(kind=kind, by=ana, at=now)

    assert public.consents_missing([paul.pk]) == {}
    assert [each.state for each in standing_of(paul)] == [State.GIVEN]
    withdraw_consent(patient=paul, kind=text.kind, signer=PAUL, by=rita, at=now)
    assert [(each.state, each.can_be_signed) for each in standing_of(paul)] == [(State.WITHDRAWN, False)]


def test_a_paper_is_of_the_past_and_has_a_witness(
    paul: Patient, text: ConsentText, rita: User, pia: User, now: datetime
) -> None:
    paper = {"patient": paul, "text": text, "signer": PAUL, "at": now}
    tomorrow = Paper(signed_on=now.date() + timedelta(days=1))
    with pytest.raises(ConsentInvalid) as refused:
        note_paper(**paper, paper=tomorrow, by=rita)

    noted = note_paper(**paper, paper=Paper(signed_on=now.date()), by=rita)

    assert list(refused.value.fields) == ["signed_on"]
    assert (noted.way, noted.witness, noted.signed_on) == ("PAPER", str(rita), now.date())
    with pytest.raises(NotAllowed):
        note_paper(**paper, paper=Paper(signed_on=now.date()), by=pia)


def test_people_sign_and_withdraw_their_own_from_home_and_nobody_elses(
    sign: Any, paul: Patient, text: ConsentText, pia: User, rita: User, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        sign(by=pia)
    claim_records(user=pia, verified_emails=["paul@mail.example"], at=now)

    sign(by=pia)
    patient = Patient.objects.get(pk=paul.pk)
    withdraw_consent(patient=patient, kind=text.kind, signer=PAUL, by=pia, at=now + timedelta(hours=1))

    assert list(Consent.objects.order_by("at").values_list("way", flat=True)) == ["PORTAL", "PORTAL"]


def test_what_is_missing_is_known_in_two_queries_however_many_they_are(
    sign: Any, paul: Patient, text: ConsentText, rita: User, now: datetime
) -> None:
    sign()
    others = [register(f"P{number}", by=rita, at=now) for number in range(3)]

    with CaptureQueriesContext(connection) as asked:
        missing = public.consents_missing([paul.pk, *(each.pk for each in others)])

    assert len(asked) == 2
    assert {pk: [each.name for each in unsigned] for pk, unsigned in missing.items()} == {
        paul.pk: ["Use of your data"],
        **{each.pk: ["Treatment", "Use of your data"] for each in others},
    }


def test_of_several_presses_at_once_one_signature_is_kept(own_database: None, now: datetime) -> None:
    clinic = tenant_called("clinic")
    with use_platform():
        desk = User.objects.get(email="rita@clinic.example")
    with use(clinic):
        paul = register("Paul", by=desk, at=now)
        text = ConsentText.objects.current().get(kind__name="Treatment")

    def press() -> Any:
        with use(clinic):
            shown = Evidence(digest=text.digest, drawing=SCRIBBLE)
            return sign_consent(patient=paul, text=text, signer=PAUL, evidence=shown, by=desk, at=now).pk

    signed = set(all_at_once([press] * 12))

    with use(clinic):
        assert {consent.pk for consent in Consent.objects.all()} == signed
    assert len(signed) == 1
