"""A backup has not the last word on whoever was erased: put back, it has them erased again."""

from __future__ import annotations

from datetime import timedelta

from audit import chain
from modules.crm.models import Client, Erasure, Note, Patient
from modules.crm.services.erasing import carry_out, erase_person, people_with
from modules.crm.services.erasing.closing import plan_here
from modules.crm.services.erasing.terms import set_years
from modules.scheduling.models import Appointment
from tenancy import use
from tenants import chaining
from tenants.life.tests.backups import AT, backup, restore
from tenants.life.tests.places import NOTE, Lived, user
from tests.jobs import run_due_jobs
from tests.test_sealed_fields import every_text

LATER = AT + timedelta(days=400)


def test_whoever_was_erased_since_a_backup_is_erased_again(lived: Lived) -> None:
    tenant, ana = lived.tenant, user("ana@clinic.example")
    chaining.chain_tenant(tenant, at=AT)
    content = backup(tenant)
    with use(tenant):
        for kind in ("clinical", "money"):
            set_years(kind=kind, years=0, by=ana)
        paula = Patient.objects.get(first_name="Paula")
        mark = plan_here(people_with(paula), at=LATER).mark
        erasure = erase_person(patient_id=paula.pk, mark=mark, by=ana, at=LATER)
        carry_out(erasure_id=erasure.pk, at=LATER)
        assert not Note.objects.exists()

    restore(tenant, content)

    with use(tenant):
        assert not Patient.objects.filter(pk=paula.pk).exists()
        assert not Client.objects.filter(first_name="Paula").exists()
    for _ in range(2):  # who hears of it, and the job
        run_due_jobs()
    with use(tenant):
        chain.chain_up()
        assert not Note.objects.exists()
        assert Appointment.objects.exists()
        assert Erasure.objects.get().done_at is not None
    found = [row for row in every_text(tenant.schema_name) for word in ("Paula", "+442079460958", NOTE) if word in row]
    assert found == []
    assert chaining.verify_tenant(tenant, at=LATER).findings == []
