"""Flags: who raises them, who sees them, and that they go wherever the person goes."""

from __future__ import annotations

import importlib
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.models import AuditEntry
from identity.models import User
from modules.crm.models import Flag, FlagKind, Patient
from modules.crm.selectors.flags import flags_of
from modules.crm.services import take_into_care
from modules.crm.services.flags import (
    FlagDetails,
    FlagEnded,
    FlagInvalid,
    FlagKindDetails,
    NotYoursToFlag,
    add_flag_kind,
    change_flag,
    end_flag,
    end_flag_kind,
    raise_flag,
)
from modules.crm.tests.flags import warned
from modules.crm.tests.test_consents import register
from tenancy import TenantRef, use

ABOUT_HEALTH = ("ALLERGY", "SAFETY", "CLINICAL")


@pytest.fixture
def paul(in_clinic: TenantRef, rita: User, bo: User, now: datetime) -> Patient:
    """Somebody whom Bo treats, and Bea does not."""
    patient = register("Paul", by=rita, at=now)
    take_into_care(patient=patient, user_id=bo.pk, reason="first visit", by=rita, at=now)
    return patient


def texts(patient: Patient, *, seen_by: User, at: datetime) -> list[str]:
    return [flag.text for flag in flags_of([patient.pk], seen_by=seen_by, at=at).get(patient.pk, [])]


def test_everybody_sees_what_is_for_everybody_and_only_who_treats_the_rest(
    paul: Patient, ana: User, bo: User, bea: User, rita: User, pia: User, now: datetime
) -> None:
    warned(paul, "Latex", by=bo, at=now, category="ALLERGY")
    warned(paul, "Takes apixaban", by=bo, at=now, category="CLINICAL", severity="CAUTION")

    seen = {user.name: texts(paul, seen_by=user, at=now) for user in (ana, bo, bea, rita, pia)}
    assert seen == {
        "Ana": ["Latex"],
        "Bo": ["Latex", "Takes apixaban"],
        "Bea": ["Latex"],
        "Rita": ["Latex"],
        "Pia": [],
    }


def test_the_gravest_comes_first_and_what_is_over_or_to_come_is_not_shown(
    paul: Patient, bo: User, now: datetime
) -> None:
    today = timezone.localdate(now)
    warned(paul, "Good to know", by=bo, at=now, severity="INFO")
    warned(paul, "Careful", by=bo, at=now, severity="CAUTION", until=today + timedelta(days=1))
    warned(paul, "Danger", by=bo, at=now)
    warned(paul, "Next week", by=bo, at=now, since=today + timedelta(days=7))
    warned(paul, "Was", by=bo, at=now, since=today - timedelta(days=7), until=today)

    assert texts(paul, seen_by=bo, at=now) == ["Danger", "Careful", "Good to know"]
    assert texts(paul, seen_by=bo, at=now + timedelta(days=1)) == ["Danger", "Good to know"]


@pytest.mark.parametrize("category", ABOUT_HEALTH)
def test_the_desk_says_nothing_about_health(paul: Patient, rita: User, now: datetime, category: str) -> None:
    with pytest.raises(NotYoursToFlag):
        warned(paul, "Latex", by=rita, at=now, category=category)


def test_who_does_not_treat_keeps_nothing_among_those_who_do(paul: Patient, rita: User, now: datetime) -> None:
    with pytest.raises(FlagInvalid) as refused:
        warned(paul, "Shouts", by=rita, at=now, category="BEHAVIOUR", reach="TREATING")
    assert set(refused.value.fields) == {"reach"}


def test_a_practitioner_flags_whom_they_treat_and_nobody_else(paul: Patient, bea: User, now: datetime) -> None:
    with pytest.raises(NotYoursToFlag):
        warned(paul, "Latex", by=bea, at=now)


def test_a_flag_ends_once_with_a_reason_and_stays_in_the_record(
    paul: Patient, bo: User, ana: User, now: datetime
) -> None:
    flag = warned(paul, "Crutches", by=bo, at=now)
    with pytest.raises(FlagInvalid):
        end_flag(flag=flag, reason=" ", by=bo, at=now)

    end_flag(flag=flag, reason="Walks without", by=bo, at=now)
    again = end_flag(flag=flag, reason="Twice", by=ana, at=now)

    assert (again.end_reason, again.ended_by_name) == ("Walks without", str(bo))
    assert texts(paul, seen_by=bo, at=now) == []
    with pytest.raises(FlagEnded):
        change_flag(flag=flag, details=FlagDetails(text="x", category="SAFETY", severity="INFO"), by=bo)
    assert AuditEntry.objects.filter(action="crm.flag.ended", subject_id=paul.pk).count() == 1


def test_the_database_keeps_no_flag_that_ends_before_it_begins(paul: Patient, bo: User, now: datetime) -> None:
    with pytest.raises(FlagInvalid):
        warned(paul, "x", by=bo, at=now, since=date(2031, 3, 4), until=date(2031, 3, 4))
    flag = warned(paul, "x", by=bo, at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Flag.objects.filter(pk=flag.pk).update(until=flag.since)


def test_a_flag_keeps_the_words_that_it_was_chosen_by(paul: Patient, ana: User, bo: User, now: datetime) -> None:
    kind = add_flag_kind(details=FlagKindDetails(name="Rings late", category="CLINICAL", severity="INFO"), by=ana)
    details = FlagDetails(category=kind.category, severity=kind.severity, kind_id=kind.pk)
    flag = raise_flag(patient=paul, details=details, by=bo, at=now)
    end_flag_kind(kind=kind, by=ana, at=now)

    assert (flag.text, flag.reach) == ("Rings late", "TREATING")
    with pytest.raises(FlagInvalid):
        raise_flag(patient=paul, details=details, by=bo, at=now)
    with pytest.raises(FlagInvalid):
        add_flag_kind(details=FlagKindDetails(name="latex ALLERGY", category="ALLERGY", severity="INFO"), by=ana)


def test_what_stood_in_the_old_column_is_shown_as_it_was_and_only_once(
    paul: Patient, rita: User, now: datetime
) -> None:
    paul.alert = "Penicillin"
    paul.save(update_fields=["alert"])
    raise_flags = importlib.import_module("modules.crm.migrations.0024_flags_of_alerts").raise_flags

    raise_flags(apps, None)
    raise_flags(apps, None)

    (flag,) = paul.flags.all()
    assert (flag.text, flag.severity, flag.reach) == ("Penicillin", "DANGER", "EVERYBODY")
    assert texts(paul, seen_by=rita, at=timezone.now()) == ["Penicillin"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM crm_flag")
        assert "Penicillin" not in cursor.fetchone()[0]


def test_a_new_workspace_offers_what_its_vertical_often_knows(in_clinic: TenantRef) -> None:
    assert set(FlagKind.objects.values_list("name", "reach")) >= {
        ("Latex allergy", "EVERYBODY"),
        ("Takes a blood thinner", "TREATING"),
    }


def test_a_flag_is_raised_changed_and_ended_on_pages(
    paul: Patient, clinic: TenantRef, pages: Any, bo: User, rita: User
) -> None:
    browser, at = pages(bo), f"/patients/{paul.pk}/flags/"
    kind = FlagKind.objects.get(name="Latex allergy")
    offered = browser.get(f"{at}new/?kind={kind.pk}").content.decode()
    form = {"text": kind.name, "category": kind.category, "severity": kind.severity, "reach": "", "kind": kind.pk}
    form |= {"advice": "Nitrile gloves", "since": "", "until": ""}
    wrong = browser.post(f"{at}new/", form | {"text": "", "kind": "", "advice": "Keep me"})
    assert browser.post(f"{at}new/", form).status_code == 302

    with use(clinic):
        flag = Flag.objects.get()
    assert 'value="Latex allergy"' in offered
    assert (wrong.status_code, "Keep me" in wrong.content.decode()) == (422, True)
    assert flag.kind_id == kind.pk
    changed = browser.post(f"{at}{flag.pk}/", form | {"text": "Latex and zinc", "since": "2026-03-01"})
    assert changed.status_code == 302
    for door in (pages(rita).get(f"/patients/{paul.pk}/"), pages(rita).get("/search/?q=Paul"), pages(rita).get(at)):
        assert "Latex and zinc" in door.content.decode()
    assert pages(rita).get(f"{at}{flag.pk}/").status_code == 403
    assert browser.post(f"{at}{flag.pk}/end/", {"reason": ""}).status_code == 422
    assert browser.post(f"{at}{flag.pk}/end/", {"reason": "A mistake"}).status_code == 302
    assert "A mistake" in browser.get(at).content.decode()


def test_the_record_of_somebody_without_flags_offers_to_raise_the_first(paul: Patient, pages: Any, rita: User) -> None:
    shown = pages(rita).get(f"/patients/{paul.pk}/").content.decode()

    assert f"/patients/{paul.pk}/flags/new/" in shown


def test_flags_go_with_the_person_to_booking_calendar_and_till(paul: Patient, pages: Any, bo: User, rita: User) -> None:
    warned(paul, "Latex allergy", by=bo, at=timezone.now())
    desk = pages(rita)

    for address in (
        "/patients/?q=Paul",
        "/patients/choices/?patient_search=Paul",
        f"/appointments/new/?patient={paul.pk}",
        f"/invoices/new/?patient={paul.pk}",
        f"/packages/sell/?patient={paul.pk}",
    ):
        assert "Latex allergy" in desk.get(address).content.decode(), address


def test_the_kinds_are_added_and_ended_on_a_page_and_by_the_api(
    in_clinic: TenantRef, pages: Any, api: Any, ana: User, rita: User
) -> None:
    added = pages(ana).post("/settings/flag-kinds/", {"name": "Deaf", "category": "SAFETY", "severity": "INFO"})
    made = api(ana).post("/api/patients/flag-kinds/", {"name": "Blind", "category": "SAFETY", "severity": "INFO"})

    assert (added.status_code, made.status_code) == (302, 201)
    ended = pages(ana).post(f"/settings/flag-kinds/{made.json()['id']}/end/")
    assert ended.status_code == 302
    assert "Blind" not in pages(ana).get("/settings/flag-kinds/").content.decode()
    assert api(rita).post("/api/patients/flag-kinds/", {"name": "x"}).status_code == 403
