"""Forms: asked of somebody, filled in on whatever device, sent once, reviewed, and in the record if that is wanted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import ProgrammingError, connection, transaction

from identity.models import User
from kernel.errors import NotAllowed
from modules.crm.domain.questionnaires.content import Content
from modules.crm.messages import compose_form
from modules.crm.models import AskedForm, FilledForm, FormDraft, Patient, Questionnaire, QuestionnaireVersion
from modules.crm.selectors import curves_of, forms_missing, prefilled, proposals_of, state_of_person
from modules.crm.services import (
    AnswersInvalid,
    Before,
    FormChanged,
    FormDetails,
    FormDone,
    FormDraftChanged,
    FormNotRight,
    FormWithdrawn,
    PersonChanged,
    Sending,
    Signer,
    add_questionnaire,
    ask_for_form,
    change_questionnaire,
    end_questionnaire,
    find_by_secret,
    note_death,
    publish_form,
    register_patient,
    review_form,
    save_answers,
    submit_form,
    take_into_care,
    take_over,
    withdraw_form,
    write_form,
)
from modules.crm.services.questionnaires import asking
from modules.crm.services.questionnaires.asking import NotAskable, NotPublished, secret_of
from modules.crm.services.registering import ContactDetails, PatientDetails
from tenancy import TenantRef, use
from tests.cast import tenant_called
from tests.jobs import run_due_jobs

INTAKE: dict[str, Any] = {
    "sections": [
        {
            "title": "You",
            "questions": [
                {"key": "born", "kind": "date", "text": "Date of birth", "field": "patient.birth_date",
                 "is_prefilled": True, "is_taken_over": True},
                {"key": "phone", "kind": "short", "text": "Phone", "field": "client.phone", "is_prefilled": True,
                 "is_taken_over": True},
            ],
        },
        {
            "title": "Your health",
            "questions": [
                {"key": "pain", "kind": "scale", "text": "Pain", "is_required": True},
                {"key": "drugs", "kind": "yes_no", "text": "Do you take medicines?", "is_required": True},
                {"key": "which", "kind": "long", "text": "Which?", "is_required": True,
                 "shown_if": {"question": "drugs", "answer": True}},
                {"key": "signed", "kind": "signature", "text": "That is true."},
            ],
        },
    ],
    "scoring": {"questions": ["pain"], "bands": [{"begins": 0, "text": "little"}, {"begins": 6, "text": "much"}]},
}  # fmt: skip
ANSWERS = {"born": "1980-02-29", "phone": "+44 20 7946 0001", "pain": 7, "drugs": True, "which": "ASPIRIN-MARK"}
SIGNED = Sending(signer=Signer(name="Paul Weiss"), agreed=True, by_link=True, ip="203.0.113.7", user_agent="x" * 400)


def published(name: str, *, by: User, at: datetime, content: dict[str, Any] = INTAKE, **details: Any) -> Questionnaire:
    form = add_questionnaire(details=FormDetails(name=name, **details), content=Content.model_validate(content), by=by)
    publish_form(questionnaire=form, number=form.draft_number, by=by, at=at)
    return form


def registered(name: str, *, by: User, at: datetime) -> Patient:
    contact = ContactDetails(first_name=name, last_name="Weiss", email=f"{name.lower()}@mail.example")
    return register_patient(patient=PatientDetails(first_name=name, last_name="Weiss"), contact=contact, by=by, at=at)


@pytest.fixture
def paul(in_clinic: TenantRef, rita: User, bo: User, now: datetime) -> Patient:
    patient = registered("Paul", by=rita, at=now)
    take_into_care(patient=patient, user_id=bo.pk, reason="x", by=rita, at=now)
    return patient


@pytest.fixture
def form(in_clinic: TenantRef, ana: User, now: datetime) -> Questionnaire:
    return published("First visit", by=ana, at=now, purpose="OUTCOME")


@pytest.fixture
def asked(paul: Patient, form: Questionnaire, rita: User, now: datetime) -> AskedForm:
    return ask_for_form(patient=paul, questionnaire=form, by=rita, at=now)


@pytest.fixture
def send(asked: AskedForm, now: datetime) -> Callable[..., FilledForm]:
    def send_it(*, sending: Sending = SIGNED, **answers: Any) -> FilledForm:
        return submit_form(asked=asked, answers=ANSWERS | answers, sending=sending, by=None, at=now)

    return send_it


def typed(asked: AskedForm, *, seen: str = "", tab: str = "", step: int = 0, at: datetime, **answers: Any) -> FormDraft:
    before = Before(seen=seen, tab=tab, step=step)
    return save_answers(asked=asked, answers=answers, of=list(answers), before=before, by=None, at=at)


def test_a_published_version_never_changes_and_two_who_write_at_once_are_told(
    form: Questionnaire, ana: User, now: datetime
) -> None:
    other = Content.model_validate({"sections": [{"questions": [{"key": "a", "kind": "short", "text": "A"}]}]})
    state = form.draft_number

    written = write_form(questionnaire=form, content=other, number=state, by=ana)
    again = write_form(questionnaire=form, content=other, number=state, by=ana)
    with pytest.raises(FormDraftChanged):
        write_form(questionnaire=form, content=Content.model_validate(INTAKE), number=state, by=ana)
    second = publish_form(questionnaire=form, number=written.draft_number, by=ana, at=now)
    assert publish_form(questionnaire=form, number=written.draft_number, by=ana, at=now) == second

    assert (again.draft_number, second.number, form.versions.count()) == (state + 1, 2, 2)
    with pytest.raises(ProgrammingError, match=r"append-only|permission denied"), transaction.atomic():
        QuestionnaireVersion.objects.filter(pk=second.pk).update(parts={})


def test_what_makes_no_form_is_not_published(in_clinic: TenantRef, ana: User, now: datetime) -> None:
    empty = add_questionnaire(details=FormDetails(name="Empty"), by=ana)
    with pytest.raises(FormNotRight, match="at least one question"):
        publish_form(questionnaire=empty, number=1, by=ana, at=now)
    with pytest.raises(FormNotRight) as refused:
        add_questionnaire(details=FormDetails(name=" empty ", due_days=0, occasion="AFTER_VISIT"), by=ana)
    assert set(refused.value.fields) == {"name", "due_days", "after"}


def test_somebody_is_asked_once_by_a_mail_that_leads_to_the_form(
    asked: AskedForm, paul: Patient, form: Questionnaire, rita: User, now: datetime, clinic: TenantRef
) -> None:
    again = ask_for_form(patient=paul, questionnaire=form, by=rita, at=now)
    run_due_jobs(at=now)

    (sent,) = mail.outbox
    secret = secret_of(asked.pk)
    assert (again.pk, sent.to) == (asked.pk, ["paul@mail.example"])
    assert f"/fill/{secret}/" in sent.body
    assert find_by_secret(secret=secret, at=now) == asked
    assert find_by_secret(secret=secret, at=asked.until) is None
    assert find_by_secret(secret=secret[:-1] + "0", at=now) in (None, asked if secret[-1] == "0" else None)
    with use(tenant_called("other")):
        assert find_by_secret(secret=secret, at=now) is None
        assert secret_of(asked.pk) != secret


def test_the_desk_asks_and_does_not_read_whoever_treats_reads(
    send: Any,
    asked: AskedForm,
    paul: Patient,
    form: Questionnaire,
    rita: User,
    bo: User,
    bea: User,
    ana: User,
    now: datetime,
) -> None:
    filled = send()

    assert [user.has_perm("crm.read_answers", filled) for user in (rita, ana, bo, bea)] == [False, False, True, False]
    assert set(FilledForm.objects.visible_to(rita)) == set(FilledForm.objects.visible_to(bea)) == set()
    assert set(FilledForm.objects.visible_to(bo)) == {filled}
    assert set(AskedForm.objects.visible_to(rita)) == {asked}
    with pytest.raises(NotAllowed):
        review_form(filled=filled, by=rita, at=now)
    with pytest.raises(NotAllowed):
        ask_for_form(patient=paul, questionnaire=form, by=bea, at=now)
    change_questionnaire(questionnaire=form, details=FormDetails(name="Parking", is_clinical=False), by=ana)
    filled = FilledForm.objects.for_display().get()
    assert rita.has_perm("crm.read_answers", filled)
    assert set(FilledForm.objects.visible_to(rita)) == {filled}


def test_nobody_is_asked_who_has_left_or_for_what_is_not_published(
    paul: Patient, form: Questionnaire, ana: User, rita: User, now: datetime
) -> None:
    draft = add_questionnaire(details=FormDetails(name="Draft"), by=ana)
    with pytest.raises(NotPublished):
        ask_for_form(patient=paul, questionnaire=draft, by=rita, at=now)
    Patient.objects.filter(pk=paul.pk).update(ended_at=now)
    with pytest.raises(NotAskable):
        ask_for_form(patient=paul, questionnaire=form, by=rita, at=now)


def test_what_is_typed_is_kept_and_two_devices_do_not_overwrite_each_other(asked: AskedForm, now: datetime) -> None:
    first = typed(asked, tab="phone", step=2, at=now, pain=3)
    late = typed(asked, tab="phone", step=1, at=now, pain=2)  # sent before, came after
    with pytest.raises(FormChanged) as met:
        typed(asked, tab="laptop", step=1, at=now, pain=9)
    same = typed(asked, tab="laptop", step=1, at=now, pain=3)
    more = typed(asked, seen=str(same.revision), tab="phone", step=3, at=now, which="x")
    mine = save_answers(
        asked=asked, answers={"pain": 9}, of=["pain"], before=Before(seen="1", replaces=True), by=None, at=now
    )

    assert (first.answers, late.answers) == ({"pain": 3}, {"pain": 3})
    assert met.value.extra()["answers"] == {"pain": 3}
    assert (more.answers, mine.answers) == ({"pain": 3, "which": "x"}, {"pain": 9, "which": "x"})
    assert FormDraft.objects.get().answers == mine.answers
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM crm_formdraft")
        assert "pain" not in cursor.fetchone()[0]


def test_whatever_is_no_part_of_the_form_is_not_kept(asked: AskedForm, now: datetime) -> None:
    for answers in ({"elsewhere": 1}, {"which": "x" * 200_000}, {"pain": {"$": 1}}, {"which": "\ud800"}):
        with pytest.raises(AnswersInvalid):
            typed(asked, at=now, **answers)
    assert not FormDraft.objects.exists()


def test_what_was_cleared_does_not_come_back_from_the_record(asked: AskedForm, paul: Patient, now: datetime) -> None:
    Patient.objects.filter(pk=paul.pk).update(birth_date=date(1980, 2, 29))
    content = asked.version.content
    assert prefilled(Patient.objects.get(), content) == {"born": "1980-02-29"}

    draft = save_answers(asked=asked, answers={}, of=["born", "phone"], before=Before(seen=""), by=None, at=now)

    assert draft.answers == {"born": None, "phone": None}


def test_a_form_is_sent_once_and_never_changes(send: Any, asked: AskedForm, now: datetime) -> None:
    typed(asked, at=now, pain=1)
    first, again = send(), send()

    with pytest.raises(FormDone):
        send(pain=1)
    with pytest.raises(FormDone):
        typed(asked, at=now, pain=1)
    assert (first.pk, FilledForm.objects.count(), FormDraft.objects.count()) == (again.pk, 1, 0)
    assert (first.answers, first.result["meaning"]) == (ANSWERS, "much")
    assert (first.signer_name, first.ip, len(first.user_agent)) == ("Paul Weiss", "203.0.113.7", 300)
    with connection.cursor() as cursor:
        cursor.execute("SELECT text || score FROM crm_filledform")
        kept = cursor.fetchone()[0]
    assert not {"ASPIRIN-MARK", "much"} & set(kept.split('"'))
    with pytest.raises(ProgrammingError, match=r"append-only|permission denied"), transaction.atomic():
        FilledForm.objects.update(signer_name="x")


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"pain": 11}, {"pain"}), ({"pain": "7"}, {"pain"}), ({"pain": None}, {"pain"}), ({"pain": True}, {"pain"}),
        ({"drugs": False}, {"which"}), ({"which": " "}, {"which"}), ({"which": None}, {"which"}),
        ({"which": "x" * 5_001}, {"which"}), ({"born": "1980-02-30"}, {"born"}), ({"other": 1}, {"other"}),
        ({"phone": "1" * 41}, {"phone"}), ({"phone": "\x00"}, {"phone"}),
    ],
    ids=str,
)  # fmt: skip
def test_wrong_answers_are_refused_by_name(send: Any, answers: dict[str, Any], wrong: set[str]) -> None:
    with pytest.raises(AnswersInvalid) as refused:
        send(**answers)
    assert set(refused.value.fields) == wrong
    assert not FilledForm.objects.exists()


def test_without_a_signature_it_is_not_sent(send: Any) -> None:
    with pytest.raises(AnswersInvalid) as refused:
        send(sending=Sending(drawing="<svg>"))
    assert set(refused.value.fields) == {"signer_name", "agreed", "drawing"}


def test_whoever_is_at_an_earlier_version_finishes_that(
    send: Any, asked: AskedForm, form: Questionnaire, paul: Patient, rita: User, ana: User, now: datetime
) -> None:
    other = Content.model_validate({"sections": [{"questions": [{"key": "new", "kind": "short", "text": "A"}]}]})
    written = write_form(questionnaire=form, content=other, number=form.draft_number, by=ana)
    publish_form(questionnaire=form, number=written.draft_number, by=ana, at=now)

    assert ask_for_form(patient=paul, questionnaire=form, by=rita, at=now) == asked
    assert send().version.number == 1
    assert ask_for_form(patient=paul, questionnaire=form, by=rita, at=now).version.number == 2


def test_what_is_taken_back_leads_nowhere_and_reminds_nobody(
    send: Any, asked: AskedForm, rita: User, now: datetime
) -> None:
    typed(asked, at=now, pain=1)
    assert set(forms_missing([asked.patient_id])) == {asked.patient_id}

    withdraw_form(asked=asked, by=rita, at=now)
    withdraw_form(asked=asked, by=rita, at=now)
    run_due_jobs(at=now)

    assert (mail.outbox, forms_missing([asked.patient_id]), FormDraft.objects.count()) == ([], {}, 0)
    assert find_by_secret(secret=secret_of(asked.pk), at=now) is None
    assert asking.forms_to_remind_of(at=now + timedelta(days=30)) == []
    with pytest.raises(FormWithdrawn):
        send()


def test_whoever_has_sent_theirs_is_reminded_no_more(send: Any, asked: AskedForm, now: datetime) -> None:
    send()

    assert asking.forms_to_remind_of(at=now + timedelta(days=30)) == []
    asking.remind_of_form(asked_id=asked.pk, at=now + timedelta(days=30))  # a job that was due just then
    asked.refresh_from_db()
    assert (asked.reminders, compose_form(asked_id=str(asked.pk))) == (0, None)


def test_whoever_dies_is_reminded_no_more_and_a_mail_that_waits_is_not_sent(
    asked: AskedForm, paul: Patient, bo: User, now: datetime
) -> None:
    note_death(patient=paul, died_on=now.date(), by=bo, at=now)

    assert compose_form(asked_id=str(asked.pk)) is None
    asking.remind_of_form(asked_id=asked.pk, at=now + timedelta(days=3))
    asked.refresh_from_db()
    assert (asked.reminders, asked.next_reminder_at) == (0, None)


def test_reminders_come_after_some_days_then_weekly_by_day_and_end(
    asked: AskedForm, paul: Patient, now: datetime
) -> None:
    def remind(at: datetime) -> list[Any]:
        return [asking.remind_of_form(asked_id=each, at=at) for each in asking.forms_to_remind_of(at=at)]

    assert asking.forms_to_remind_of(at=now + timedelta(days=2)) == []
    for days in (3, 3, 10, 11, 17):
        remind(now + timedelta(days=days))
    asked.refresh_from_db()
    assert asked.reminders == 3

    night = (now + timedelta(days=24)).replace(hour=23)
    remind(night)
    with connection.cursor() as cursor:
        cursor.execute("SELECT due_at FROM notify_message ORDER BY due_at DESC LIMIT 1")
        assert 7 <= cursor.fetchone()[0].hour <= 8
    Patient.objects.filter(pk=paul.pk).update(ended_at=now)
    remind(now + timedelta(days=60))
    asked.refresh_from_db()
    assert (asked.reminders, asked.next_reminder_at) == (4, None)


def test_answers_go_into_the_record_if_whoever_reviews_wants_that(
    send: Any, paul: Patient, bo: User, now: datetime
) -> None:
    filled = FilledForm.objects.for_display().get(pk=send().pk)
    beside = {each.question.key: each for each in proposals_of(filled, seen_by=bo)}
    seen = state_of_person(filled)

    changed = take_over(filled=filled, keys=["phone"], seen=seen, by=bo, at=now)
    with pytest.raises(PersonChanged):
        take_over(filled=filled, keys=["born"], seen=seen, by=bo, at=now)
    filled = FilledForm.objects.for_display().get()
    take_over(filled=filled, keys=["born", "phone"], seen=state_of_person(filled), by=bo, at=now)
    first = review_form(filled=filled, by=bo, at=now)

    assert (beside["phone"].present, beside["phone"].answer) == ("", "+44 20 7946 0001")
    assert changed.client.phone == "+442079460001"
    assert Patient.objects.get().birth_date == date(1980, 2, 29)
    assert [each.is_same for each in proposals_of(FilledForm.objects.for_display().get(), seen_by=bo)] == [True, True]
    assert review_form(filled=filled, by=bo, at=now + timedelta(days=1)) == first


def test_scores_make_a_curve_for_whoever_treats(
    send: Any, asked: AskedForm, paul: Patient, form: Questionnaire, rita: User, bo: User, now: datetime
) -> None:
    send()
    later = now + timedelta(days=7)
    second = ask_for_form(patient=paul, questionnaire=form, by=rita, at=later)
    submit_form(asked=second, answers=ANSWERS | {"pain": 2}, sending=SIGNED, by=None, at=later)

    (curve,) = curves_of(paul, seen_by=bo)
    assert [(int(each.value), each.meaning) for each in curve.scores] == [(7, "much"), (2, "little")]
    assert curve.span == (0, 10)
    assert curves_of(paul, seen_by=rita) == []


def test_a_form_that_is_retired_is_asked_of_nobody_and_can_still_be_sent(
    send: Any, form: Questionnaire, paul: Patient, ana: User, rita: User, now: datetime
) -> None:
    end_questionnaire(questionnaire=form, by=ana, at=now)

    assert send().is_reviewed is False
    with pytest.raises(NotPublished):
        ask_for_form(patient=paul, questionnaire=form, by=rita, at=now)
