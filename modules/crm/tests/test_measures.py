"""Measures: what cannot be is refused, what is unusual is marked, and a wrong value stays as a mistake."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from identity.models import User
from modules.crm.domain.measures import Bounds, NotANumber, number_shown, read_number
from modules.crm.models import MeasureKind, Measurement, Patient
from modules.crm.selectors.measures import series_of
from modules.crm.services import ContactDetails, PatientDetails, begin_note, register_patient, take_into_care
from modules.crm.services.measures import (
    Measured,
    MeasureInvalid,
    MeasureKindDetails,
    NotTheirsToMeasure,
    add_measure_kind,
    change_measure_kind,
    correct_measurement,
    end_measure_kind,
    measure,
    strike_measurement,
)
from modules.crm.services.measures.measuring import ErrorAlready
from tenancy import TenantRef

PAIN, HEART, FEVER = "Pain (0 to 10)", "Heart rate", "Body temperature"


@pytest.fixture
def paul(in_clinic: TenantRef, bo: User, rita: User) -> Patient:
    """Whom Bo treats."""
    at = timezone.now()
    who = PatientDetails(first_name="Paul")
    patient = register_patient(patient=who, contact=ContactDetails(first_name="Paul"), by=rita, at=at)
    take_into_care(patient=patient, user_id=bo.pk, reason="x", by=rita, at=at)
    return patient


def measured(patient: Patient, name: str, value: str, *, by: User, days_ago: int = 0, **more: Any) -> Measurement:
    now = timezone.now()
    said = Measured(value=value, at=now - timedelta(days=days_ago), **more)
    return measure(patient=patient, kind=MeasureKind.objects.get(name=name), measured=said, by=by, at=now)


@given(st.decimals(min_value=-999, max_value=999, places=2))
def test_a_number_is_read_as_it_is_shown(value: Decimal) -> None:
    shown = number_shown(value)

    assert read_number(shown, decimals=2) == value
    assert read_number(shown.replace(".", ","), decimals=2) == value


@pytest.mark.parametrize("text", ["", "x", "4.25", "1e3", "1.2.3", "12345678", "٣"])
def test_what_is_no_number_of_one_decimal_is_refused(text: str) -> None:
    with pytest.raises(NotANumber):
        read_number(text, decimals=1)


@pytest.mark.parametrize(
    ("value", "beyond"),
    [("59", "low"), ("60", ""), ("100", ""), ("100.1", "high")],
    ids=["low", "least", "most", "high"],
)
def test_what_is_usual_includes_its_ends(value: str, beyond: str) -> None:
    heart = Bounds(lowest=Decimal(20), highest=Decimal(250), normal_low=Decimal(60), normal_high=Decimal(100))

    assert heart.beyond(Decimal(value)) == beyond


def test_what_cannot_be_is_refused_in_a_sentence(paul: Patient, bo: User) -> None:
    with pytest.raises(MeasureInvalid) as refused:
        measured(paul, PAIN, "11", by=bo)
    with pytest.raises(MeasureInvalid) as half:
        measured(paul, PAIN, "6.5", by=bo)

    assert refused.value.fields == {"value": ["Pain (0 to 10) goes from 0–10."]}
    assert half.value.fields == {"value": ["Write a whole number."]}
    assert not Measurement.objects.exists()


def test_what_is_not_usual_is_marked(paul: Patient, bo: User) -> None:
    assert [measured(paul, HEART, value, by=bo).beyond for value in ("50", "70", "120")] == ["low", "", "high"]


def test_a_curve_goes_through_what_was_no_mistake(paul: Patient, bo: User) -> None:
    for days, value in ((3, "8"), (2, "1"), (1, "5")):
        measured(paul, PAIN, value, by=bo, days_ago=days)
    wrong = Measurement.objects.order_by("at")[1]

    strike_measurement(measurement=wrong, reason="Of somebody else", by=bo)

    (series,) = series_of(paul, seen_by=bo, with_errors=True)
    assert [row.number for row in series.rows] == ["5", "1", "8"]
    assert (series.curve.sentence, series.curve.line) == ("2 values, from 8 to 5", "M8 8 L312 88")


def test_a_right_value_takes_the_place_of_a_wrong_one_which_stays(paul: Patient, bo: User) -> None:
    wrong = measured(paul, FEVER, "42", by=bo, method="Ear", days_ago=1)

    right = correct_measurement(measurement=wrong, value="36,8", reason="Typed wrong", by=bo, at=timezone.now())

    wrong.refresh_from_db()
    assert (wrong.status, wrong.number, wrong.reason) == ("entered-in-error", "42", "Typed wrong")
    assert (right.status, right.number, right.at, right.method) == ("corrected", "36.8", wrong.at, "Ear")
    assert right.replaces == wrong
    with pytest.raises(ErrorAlready):
        correct_measurement(measurement=wrong, value="37", reason="x", by=bo, at=timezone.now())


def test_a_correction_that_cannot_be_leaves_all_as_it_was(paul: Patient, bo: User) -> None:
    row = measured(paul, PAIN, "4", by=bo)

    for value, reason in (("40", "x"), ("5", " ")):
        with pytest.raises(MeasureInvalid):
            correct_measurement(measurement=row, value=value, reason=reason, by=bo, at=timezone.now())

    row.refresh_from_db()
    assert row.status == "final"
    assert Measurement.objects.count() == 1


def test_only_whoever_treats_measures(paul: Patient, bo: User, bea: User, rita: User) -> None:
    row = measured(paul, PAIN, "4", by=bo)

    for stranger in (bea, rita):
        with pytest.raises(NotTheirsToMeasure):
            measured(paul, PAIN, "4", by=stranger)
        with pytest.raises(NotTheirsToMeasure):
            strike_measurement(measurement=row, reason="x", by=stranger)


def test_what_is_still_to_come_is_not_measured(paul: Patient, bo: User) -> None:
    with pytest.raises(MeasureInvalid):
        measured(paul, PAIN, "4", by=bo, days_ago=-1)


def test_a_value_may_belong_to_a_note_of_the_same_patient(paul: Patient, bo: User, rita: User) -> None:
    note = begin_note(patient=paul, by=bo, at=timezone.now())
    other = register_patient(
        patient=PatientDetails(first_name="Olga"),
        contact=ContactDetails(first_name="Olga"),
        by=rita,
        at=timezone.now(),
    )
    take_into_care(patient=other, user_id=bo.pk, reason="x", by=rita, at=timezone.now())

    assert measured(paul, PAIN, "4", by=bo, note_id=note.pk).note == note
    with pytest.raises(MeasureInvalid):
        measured(other, PAIN, "4", by=bo, note_id=note.pk)


def test_what_was_measured_is_sealed(paul: Patient, bo: User) -> None:
    row = measured(paul, FEVER, "39.4", by=bo, comment="shivers")

    with connection.cursor() as cursor:
        cursor.execute("SELECT number || comment FROM crm_measurement WHERE id = %s", [row.pk])
        stored = cursor.fetchone()[0]

    assert "39" not in stored[:4]
    assert "shivers" not in stored


def grip(**changed: Any) -> MeasureKindDetails:
    usual: dict[str, Any] = {"name": "Grip", "unit": "kg", "lowest": Decimal(0), "highest": Decimal(120)}
    return MeasureKindDetails(**usual | changed)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": PAIN}, "name"),
        ({"unit": "kilo gram"}, "unit"),
        ({"decimals": 4}, "decimals"),
        ({"lowest": Decimal(120)}, "lowest"),
        ({"normal_low": Decimal(50), "normal_high": Decimal(40)}, "lowest"),
        ({"normal_high": Decimal(121)}, "lowest"),
    ],
)
def test_a_measure_that_makes_no_sense_is_refused(in_clinic: TenantRef, ana: User, said: Any, field: str) -> None:
    with pytest.raises(MeasureInvalid) as refused:
        add_measure_kind(details=grip(**said), by=ana)

    assert list(refused.value.fields) == [field]


def test_the_unit_of_a_measure_stays(in_clinic: TenantRef, ana: User) -> None:
    kind = add_measure_kind(details=grip(), by=ana)

    changed = change_measure_kind(kind=kind, details=grip(name="Grip, right", normal_low=Decimal(20)), by=ana)
    with pytest.raises(MeasureInvalid):
        change_measure_kind(kind=kind, details=grip(unit="N"), by=ana)

    assert (changed.name, changed.normal_shown) == ("Grip, right", "≥ 20 kg")


def test_what_is_measured_no_more_stays_where_it_was_measured(paul: Patient, ana: User, bo: User) -> None:
    measured(paul, PAIN, "4", by=bo)
    end_measure_kind(kind=MeasureKind.objects.get(name=PAIN), by=ana, at=timezone.now())

    with pytest.raises(MeasureInvalid):
        measured(paul, PAIN, "3", by=bo)

    assert [series.kind.name for series in series_of(paul, seen_by=bo)] == [PAIN]


def test_values_are_noted_and_corrected_by_the_api(paul: Patient, bo: User, bea: User, rita: User, api: Any) -> None:
    door, at = api(bo), f"/api/patients/{paul.pk}/measures/"
    kinds = {each["name"]: each["id"] for each in door.get("/api/patients/measure-kinds/").json()}

    made = door.post(at, {"kind_id": kinds[HEART], "value": "120"})
    refused = door.post(at, {"kind_id": kinds[HEART], "value": "999"})
    right = door.post(f"{at}{made.json()['id']}/correction/", {"value": "70", "reason": "Typed wrong"})
    struck = door.post(f"{at}{right.json()['id']}/error/", {"reason": "Of somebody else"})

    assert (made.status_code, made.json()["interpretation"], made.json()["unit"]) == (201, "high", "/min")
    assert (refused.status_code, refused.json()["code"]) == (422, "measure-invalid")
    assert (right.json()["status"], right.json()["replaces_id"]) == ("corrected", made.json()["id"])
    assert struck.json()["status"] == "entered-in-error"
    assert len(door.get(at).json()["items"]) == 2
    assert door.get(f"{at}?kind_id={kinds[PAIN]}").json()["items"] == []
    assert api(bea).get(at).status_code == 404
    assert api(rita).get(at).status_code == 403


def test_curves_stand_on_the_record_of_whoever_treats_and_never_at_the_desk(
    paul: Patient, bo: User, rita: User, pages: Any
) -> None:
    door, at = pages(bo), f"/patients/{paul.pk}/measures/"
    kind = str(MeasureKind.objects.get(name=PAIN).pk)

    refused = door.post(at, {"kind_id": kind, "value": "12"})
    done = door.post(at, {"kind_id": kind, "value": "6"})
    measured(paul, PAIN, "8", by=bo, days_ago=7)

    assert (refused.status_code, "goes from" in refused.content.decode(), done.status_code) == (422, True, 302)
    assert "2 values, from 8 to 6" in door.get(f"/patients/{paul.pk}/").content.decode()
    assert "2 values, from 8 to 6" in door.get(at).content.decode()
    assert PAIN not in pages(rita).get(f"/patients/{paul.pk}/").content.decode()


def test_a_wrong_value_is_set_right_on_its_page(paul: Patient, bo: User, pages: Any) -> None:
    row = measured(paul, PAIN, "8", by=bo)
    door, at = pages(bo), f"/patients/{paul.pk}/measures/{row.pk}/"

    assert door.post(at, {"value": "4"}).status_code == 422
    assert door.post(at, {"value": "4", "reason": "Typed wrong"}).status_code == 302

    assert [(each.number, each.status) for each in Measurement.objects.order_by("recorded_at")] == [
        ("8", "entered-in-error"),
        ("4", "corrected"),
    ]


def test_the_owner_says_what_is_measured(in_clinic: TenantRef, ana: User, bo: User, pages: Any) -> None:
    form = {"name": "Grip", "unit": "kg", "decimals": "1", "lowest": "0", "highest": "120", "normal_low": "20"}

    assert pages(ana).post("/settings/measures/", form).status_code == 302
    kind = MeasureKind.objects.get(name="Grip")
    changed = pages(ana).post(f"/settings/measures/{kind.pk}/", form | {"unit": "N", "highest": "100"})

    kind.refresh_from_db()
    assert (changed.status_code, kind.unit, kind.highest) == (302, "kg", Decimal(100))
    assert pages(bo).get("/settings/measures/").status_code == 403
