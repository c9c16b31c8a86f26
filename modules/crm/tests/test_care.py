"""Who reaches a record by name: care, loans, emergencies, their ends and their history."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.models import Member, Role
from access.services import end_membership
from audit.models import AuditEntry
from identity.models import User
from modules.crm.models import CARE, EMERGENCY, SHARED, Note, Patient, PatientGrant
from modules.crm.selectors import Described, access_ended, access_in_force, colleagues_who_treat, who_can_see
from modules.crm.services import (
    EMERGENCY_LASTS,
    AlreadyReads,
    CareInvalid,
    ContactDetails,
    NobodyFits,
    NoSuchAccess,
    NotInCare,
    PatientDetails,
    end_access,
    open_described,
    open_in_emergency,
    put_into_care,
    register_patient,
    save_note,
    share_record,
    take_into_care,
)
from notify.models import Message
from tenancy import TenantRef, use

pytestmark = pytest.mark.usefixtures("in_clinic")
NOW = timezone.now()
WHY = "Collapsed in the waiting room."


@pytest.fixture
def paul(in_clinic: TenantRef, rita: User) -> Patient:
    return registered("Paul", by=rita)


@pytest.fixture
def in_bos_care(paul: Patient, bo: User, rita: User) -> Patient:
    take_into_care(patient=paul, user_id=bo.pk, reason="a visit was booked with them", by=rita, at=NOW)
    note = {"subjective": "Better."}
    save_note(patient=paul, appointment_id=None, sections=note, shared=False, by=bo, at=NOW)
    return paul


def registered(name: str, *, by: User, last_name: str = "Weiss", email: str = "", phone: str = "") -> Patient:
    return register_patient(
        patient=PatientDetails(first_name=name, last_name=last_name, birth_date=date(1980, 2, 3)),
        contact=ContactDetails(first_name=name, last_name=last_name, email=email, phone=phone),
        by=by,
        at=NOW,
    )


def member(user: User) -> Any:
    return Member.objects.of_user(user.pk).get().pk


def reads(user: User, patient: Patient) -> tuple[bool, bool, bool]:
    """Whether somebody sees the record, any note in it, and may change it; in the lists as by the rules."""
    note = Note.objects.filter(patient=patient).first()
    listed = Patient.objects.visible_to(user).filter(pk=patient.pk).exists()
    assert listed == user.has_perm("crm.view_patient", patient)
    if note:
        assert Note.objects.visible_to(user).filter(pk=note.pk).exists() == user.has_perm("crm.view_note", note)
    return listed, bool(note and user.has_perm("crm.view_note", note)), user.has_perm("crm.change_patient", patient)


# Care


def test_a_colleague_who_is_let_in_reads_and_writes(in_bos_care: Patient, bea: User, bo: User) -> None:
    put_into_care(patient=in_bos_care, member_id=member(bea), reason="Bo is away", by=bo, at=NOW)

    assert reads(bea, in_bos_care) == (True, True, True)
    entry = AuditEntry.objects.filter(action="crm.patient.taken_into_care").latest("at")
    assert entry.changes == {"user_id": [None, str(bea.pk)], "reason": [None, "Bo is away"]}


def test_handing_over_ends_ones_own_care_and_begins_anothers(in_bos_care: Patient, bea: User, bo: User) -> None:
    end_access(patient=in_bos_care, user_id=bo.pk, kind=CARE, reason="parental leave", to=member(bea), by=bo, at=NOW)

    assert (reads(bo, in_bos_care), reads(bea, in_bos_care)) == ((False, False, False), (True, True, True))
    (ended,) = access_ended(in_bos_care)
    assert (ended.name, ended.ended_by, ended.grant.end_reason) == ("Bo", "Bo", "parental leave")
    assert AuditEntry.objects.filter(action="crm.patient.access_ended").count() == 1


def test_care_that_ended_can_begin_again_and_both_times_are_kept(in_bos_care: Patient, bo: User, rita: User) -> None:
    end_access(patient=in_bos_care, user_id=bo.pk, kind=CARE, reason="done", by=bo, at=NOW)
    take_into_care(patient=in_bos_care, user_id=bo.pk, reason="came back", by=rita, at=NOW)

    assert reads(bo, in_bos_care) == (True, True, True)
    assert [entry.grant.reason for entry in access_in_force(in_bos_care)] == ["came back"]
    assert [entry.grant.end_reason for entry in access_ended(in_bos_care)] == ["done"]


def test_what_has_ended_cannot_be_ended(in_bos_care: Patient, bo: User, rita: User) -> None:
    end_access(patient=in_bos_care, user_id=bo.pk, kind=CARE, reason="done", by=rita, at=NOW)

    with pytest.raises(NoSuchAccess):
        end_access(patient=in_bos_care, user_id=bo.pk, kind=CARE, reason="done", by=rita, at=NOW)


def test_a_practitioner_ends_what_is_their_own_or_what_they_gave_and_the_desk_the_rest(
    in_bos_care: Patient, bo: User, bea: User, ana: User, rita: User
) -> None:
    put_into_care(patient=in_bos_care, member_id=member(bea), reason="two heads", by=bo, at=NOW)

    with pytest.raises(NotInCare):
        end_access(patient=in_bos_care, user_id=bo.pk, kind=CARE, reason="mine now", by=bea, at=NOW)
    end_access(patient=in_bos_care, user_id=bea.pk, kind=CARE, reason="settled", by=bo, at=NOW)
    end_access(patient=in_bos_care, user_id=bo.pk, kind=CARE, reason="moved away", by=rita, at=NOW)

    assert access_in_force(in_bos_care) == []


def test_only_those_who_treat_can_be_let_in(in_bos_care: Patient, rita: User, pia: User, bo: User) -> None:
    assert [each.name for each in colleagues_who_treat()] == ["Ana", "Bea", "Bo"]
    for somebody in (rita, pia):
        with pytest.raises(CareInvalid):
            put_into_care(patient=in_bos_care, member_id=member(somebody), reason="help", by=bo, at=NOW)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_a_reason_is_needed(reason: str, in_bos_care: Patient, bea: User, bo: User) -> None:
    with pytest.raises(CareInvalid):
        put_into_care(patient=in_bos_care, member_id=member(bea), reason=reason, by=bo, at=NOW)


def test_whoever_is_let_go_loses_what_was_in_their_hands_and_does_not_find_it_on_coming_back(
    in_bos_care: Patient, bo: User, ana: User, run_jobs: Any
) -> None:
    bos = Member.objects.of_user(bo.pk).get()
    end_membership(member=bos, by=ana, at=timezone.now())
    run_jobs()
    Member.objects.create(user_id=bo.pk, role=Role.PRACTITIONER, name="Bo", email=bo.email, joined_at=timezone.now())
    bo.__dict__.pop("_membership", None)

    assert reads(bo, in_bos_care) == (False, False, False)
    assert [entry.grant.end_reason for entry in access_ended(in_bos_care)] == ["no longer works here"]


# Loans


def test_a_shared_record_is_read_and_not_written(in_bos_care: Patient, bea: User, bo: User) -> None:
    share_record(patient=in_bos_care, member_id=member(bea), reason="second view", until=None, by=bo, at=NOW)

    assert reads(bea, in_bos_care) == (True, True, False)
    with pytest.raises(NotInCare):
        save_note(patient=in_bos_care, appointment_id=None, sections={"plan": "x"}, shared=False, by=bea, at=NOW)


def test_a_loan_closes_by_itself_at_its_end(in_bos_care: Patient, bea: User, bo: User) -> None:
    earlier = NOW - timedelta(hours=3)
    day = {"until": NOW - timedelta(hours=1)}
    share_record(patient=in_bos_care, member_id=member(bea), reason="second view", **day, by=bo, at=earlier)

    assert reads(bea, in_bos_care) == (False, False, False)
    assert [entry.grant.kind for entry in access_ended(in_bos_care)] == [SHARED]

    share_record(patient=in_bos_care, member_id=member(bea), reason="once more", until=None, by=bo, at=NOW)
    assert reads(bea, in_bos_care) == (True, True, False)


def test_a_loan_is_made_longer_and_never_given_twice(in_bos_care: Patient, bea: User, bo: User) -> None:
    whom: dict[str, Any] = {"patient": in_bos_care, "member_id": member(bea), "by": bo, "at": NOW}
    week, month = NOW + timedelta(days=7), NOW + timedelta(days=30)
    share_record(**whom, reason="second view", until=week)

    with pytest.raises(AlreadyReads):
        share_record(**whom, reason="second view", until=week)
    share_record(**whom, reason="a month", until=month)

    assert [entry.grant.until for entry in access_in_force(in_bos_care) if entry.name == "Bea"] == [month]
    with pytest.raises(AlreadyReads):
        share_record(**whom | {"member_id": member(bo)}, reason="to oneself", until=month)


def test_a_loan_cannot_end_before_it_begins(in_bos_care: Patient, bea: User, bo: User) -> None:
    with pytest.raises(CareInvalid, match="past"):
        share_record(patient=in_bos_care, member_id=member(bea), reason="x", until=NOW, by=bo, at=NOW)


# Emergencies


def test_in_an_emergency_the_record_opens_to_read_for_an_hour_and_every_owner_hears_of_it(
    in_bos_care: Patient, bea: User, ana: User, run_jobs: Any, mailoutbox: Any
) -> None:
    Member.objects.create(user_id=NOBODY, role=Role.OWNER, name="Otto", email="otto@clinic.example", joined_at=NOW)

    open_in_emergency(patient=in_bos_care, reason=WHY, by=bea, at=NOW)
    run_jobs()

    assert reads(bea, in_bos_care) == (True, True, False)
    (entry,) = [each for each in access_in_force(in_bos_care) if each.grant.kind == EMERGENCY]
    assert (entry.name, entry.grant.reason, entry.grant.until) == ("Bea", WHY, NOW + EMERGENCY_LASTS)
    assert AuditEntry.objects.filter(action="crm.patient.opened_in_emergency", user_id=bea.pk).count() == 1
    assert sorted(mail.to[0] for mail in mailoutbox) == ["ana@clinic.example", "otto@clinic.example"]
    for mail in mailoutbox:
        told = f"{mail.subject} {mail.body} {mail.alternatives[0][0]}"
        assert f"/patients/{in_bos_care.pk}/care/" in told
        assert "Bea" in told
        assert not any(secret in told for secret in ("Paul", "Weiss", WHY))


NOBODY = "01900000-0000-7000-8000-000000000000"


def test_after_the_hour_it_is_closed_without_anybody_closing_it(in_bos_care: Patient, bea: User) -> None:
    open_in_emergency(patient=in_bos_care, reason=WHY, by=bea, at=timezone.now() - EMERGENCY_LASTS)

    assert reads(bea, in_bos_care) == (False, False, False)
    assert [entry.grant.kind for entry in access_in_force(in_bos_care)] == [CARE]


def test_asked_twice_within_the_hour_it_opens_and_alerts_once(in_bos_care: Patient, bea: User) -> None:
    first = open_in_emergency(patient=in_bos_care, reason=WHY, by=bea, at=NOW)
    second = open_in_emergency(patient=in_bos_care, reason="And again.", by=bea, at=NOW + timedelta(minutes=30))

    assert (first, second.until) == (second, first.until)
    assert Message.objects.filter(cause__startswith="crm.emergency:").count() == 1


def test_after_the_hour_it_opens_anew_and_alerts_anew(in_bos_care: Patient, bea: User) -> None:
    for hours in (3, 0):
        open_in_emergency(patient=in_bos_care, reason=WHY, by=bea, at=NOW - timedelta(hours=hours))

    assert Message.objects.filter(cause__startswith="crm.emergency:").count() == 2
    assert PatientGrant.history.filter(user_id=bea.pk).count() == 2


def test_what_is_in_ones_care_is_no_emergency(in_bos_care: Patient, bo: User) -> None:
    with pytest.raises(AlreadyReads):
        open_in_emergency(patient=in_bos_care, reason=WHY, by=bo, at=NOW)


def test_an_emergency_needs_more_than_a_word(in_bos_care: Patient, bea: User) -> None:
    with pytest.raises(CareInvalid):
        open_in_emergency(patient=in_bos_care, reason="because", by=bea, at=NOW)


@pytest.mark.parametrize(
    "described",
    [
        {"first_name": "paul", "last_name": " WEISS ", "birth_date": date(1980, 2, 3)},
        {"first_name": "Paul", "last_name": "Weiss", "contact": "Paul@mail.example"},
        {"first_name": "Paul", "last_name": "Weiss", "contact": "07700 900118"},
    ],
)
def test_whoever_knows_enough_of_somebody_opens_their_record(described: dict[str, Any], rita: User, bea: User) -> None:
    paul = registered("Paul", by=rita, email="paul@mail.example", phone="07700 900118")

    opened = open_described(described=Described(**described), reason=WHY, by=bea, at=NOW)

    assert opened.content_object_id == paul.pk
    assert reads(bea, paul)[0]


@pytest.mark.parametrize(
    "described",
    [
        {"first_name": "Paul", "last_name": "Weiss", "birth_date": date(1980, 2, 4)},
        {"first_name": "Pau", "last_name": "Weiss", "birth_date": date(1980, 2, 3)},
        {"first_name": "P%", "last_name": "Weiss", "birth_date": date(1980, 2, 3)},
        {"first_name": "Paula", "last_name": "Weiss", "birth_date": date(1980, 2, 3)},
        {"first_name": "Paul", "last_name": "Weiss", "contact": "07700 900"},
    ],
    ids=["another day", "part of a name", "a pattern", "two of them", "part of a number"],
)
def test_a_guess_opens_nothing_tells_nothing_and_is_recorded(described: dict[str, Any], rita: User, bea: User) -> None:
    registered("Paul", by=rita, phone="07700 900118")
    for _ in range(2):
        registered("Paula", by=rita)

    with pytest.raises(NobodyFits, match=r"No single record fits this\."):
        open_described(described=Described(**described), reason=WHY, by=bea, at=NOW)

    assert not PatientGrant.history.filter(user_id=bea.pk).exists()
    entry = AuditEntry.objects.get(action="crm.emergency.nobody_fits")
    assert (entry.user_id, entry.changes) == (bea.pk, {"reason": [None, WHY]})


@pytest.mark.parametrize(
    "described",
    [
        {"first_name": "Paul", "last_name": "Weiss"},
        {"first_name": "", "last_name": "Weiss", "birth_date": date(1980, 2, 3)},
        {"first_name": "Paul", "last_name": " ", "contact": "x@y.example"},
    ],
)
def test_a_name_alone_is_not_enough(described: dict[str, Any], paul: Patient, bea: User) -> None:
    with pytest.raises(CareInvalid):
        open_described(described=Described(**described), reason=WHY, by=bea, at=NOW)


def test_an_animal_is_found_by_its_name_and_its_owners(other: TenantRef, cora: User, cleo: User) -> None:
    with use(other):
        rex = register_patient(
            patient=PatientDetails(first_name="Rex", species="Dog"),
            contact=ContactDetails(first_name="Callum", last_name="Reid", phone="07700 900118"),
            by=cora,
            at=NOW,
        )
        told = Described(first_name="rex", last_name="Reid", contact="07700 900118")

        assert open_described(described=told, reason=WHY, by=cleo, at=NOW).content_object_id == rex.pk


# Who can see


def test_the_answer_is_what_the_rules_decide_for_every_member_and_every_patient(
    in_bos_care: Patient, ana: User, bea: User, bo: User, pia: User, rita: User
) -> None:
    share_record(patient=in_bos_care, member_id=member(bea), reason="look", until=None, by=bo, at=NOW)
    second, third = registered("Petra", by=rita), registered("Pia", by=rita)
    third.client.user_id = pia.pk
    third.client.save()
    open_in_emergency(patient=second, reason=WHY, by=bo, at=NOW)

    for patient in Patient.objects.select_related("client"):
        answered = {reader.user_id for reader in who_can_see(patient)}
        decided = {
            user.pk
            for user in (ana, bea, bo, pia, rita)
            if user.has_perm("crm.view_patient", Patient.objects.get(pk=patient.pk))
        }
        assert answered == decided


def test_the_answer_says_by_which_way(in_bos_care: Patient, bea: User, bo: User, rita: User) -> None:
    share_record(patient=in_bos_care, member_id=member(bea), reason="second view", until=None, by=bo, at=NOW)

    told = {
        reader.name: [(str(way.what), [(str(g.what), g.why, g.by_id) for g in way.grounds]) for way in reader.ways]
        for reader in who_can_see(in_bos_care)
    }

    booked = [("In their care", "a visit was booked with them", rita.pk)]
    shared = [("Shared with them", "second view", bo.pk)]
    assert told == {
        "Ana": [("Record", [])],
        "Bea": [("Record", shared), ("Clinical notes", shared)],
        "Bo": [("Record", booked), ("Clinical notes", booked)],
        "Rita": [("Record", [])],
    }


def test_the_answer_costs_as_much_for_many_colleagues_as_for_few(in_bos_care: Patient) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            who_can_see(Patient.objects.select_related("client").get(pk=in_bos_care.pk))
        return len(captured)

    few = queries()
    for number in range(5):
        account = f"01900000-0000-7000-8000-00000000000{number}"
        Member.objects.create(
            user_id=account, role=Role.PRACTITIONER, name=f"N{number}", email=f"n{number}@x.example", joined_at=NOW
        )
        take_into_care(patient=in_bos_care, user_id=account, reason="x", by=None, at=NOW)  # type: ignore[arg-type]

    assert queries() == few
