"""Forms that are asked for by themselves, and two devices that send one at the same moment."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from identity.models import User
from modules.crm.models import AskedForm, FilledForm
from modules.crm.services import FormDone, ask_for_form, submit_form
from modules.crm.services.questionnaires import occasions
from modules.crm.tests.test_questionnaires import ANSWERS, SIGNED, published, registered
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.jobs import run_due_jobs
from tests.together import all_at_once


def test_forms_are_asked_for_by_themselves_once_for_each_occasion(
    in_clinic: TenantRef, ana: User, rita: User, now: datetime
) -> None:
    paul = registered("Paul", by=rita, at=now)
    run_due_jobs(at=now)  # Paul was new before there was any form
    for occasion, after in (("NEW_PATIENT", 0), ("FIRST_VISIT", 0), ("AFTER_VISIT", 14), ("IN_EPISODE", 2)):
        published(occasion, by=ana, at=now, occasion=occasion, after=after)
    visit = paul.pk  # any id

    newcomer = registered("Nora", by=rita, at=now)
    run_due_jobs(at=now)
    for _ in range(2):
        occasions.ask_before_first_visit(patient_id=paul.pk, appointment_id=visit, starts_at=now, at=now)
        for form_id, _when in occasions.moments_after_visit(visited_at=now):
            occasions.ask_after_visit(questionnaire_id=form_id, patient_id=paul.pk, appointment_id=visit, at=now)

    assert [each.name for each in AskedForm.objects.filter(patient=newcomer).for_display()] == ["NEW_PATIENT"]
    names = AskedForm.objects.filter(patient=paul).values_list("version__questionnaire__name", flat=True)
    assert sorted(names) == ["AFTER_VISIT", "FIRST_VISIT"]
    ((_id, when),) = occasions.moments_after_visit(visited_at=now)
    assert when == now + timedelta(days=14)


def test_of_two_devices_that_send_at_once_one_is_kept(own_database: None, now: datetime) -> None:
    clinic = tenant_called("clinic")
    with use_platform():
        ana, rita = (User.objects.get(email=f"{name}@clinic.example") for name in ("ana", "rita"))
    with use(clinic):
        form = published("Race", by=ana, at=now)
        paul = registered("Paul", by=rita, at=now)
        asked = ask_for_form(patient=paul, questionnaire=form, by=rita, at=now)

    def send_one(pain: int) -> Any:
        with use(clinic):
            try:
                return submit_form(asked=asked, answers=ANSWERS | {"pain": pain}, sending=SIGNED, by=None, at=now)
            except FormDone as late:
                return late

    done = all_at_once([lambda pain=pain: send_one(pain) for pain in (3, 3, 8)])

    with use(clinic):
        kept = FilledForm.objects.get()
    assert {type(each) for each in done} <= {FilledForm, FormDone}
    assert {each.pk for each in done if isinstance(each, FilledForm)} == {kept.pk}
    assert json.loads(kept.text)["pain"] in (3, 8)
