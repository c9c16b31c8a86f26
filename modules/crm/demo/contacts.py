"""What is kept of people beside their record in the demo: papers and insurances."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from modules.crm.models import Patient
from modules.crm.services.contacts.coverages import CoverageDetails, add_coverage
from modules.crm.services.contacts.identity import IdentityDetails, add_identity_document
from modules.crm.services.contacts.points import PointDetails, add_contact_point

if TYPE_CHECKING:
    from tenants.demo import Stage

INSURERS = ("Calder Mutual", "Pennine Health", "Northmoor")


def seed_contacts(stage: Stage, patients: list[Patient]) -> None:
    """Have somebody's passport and insurance run out, and others be insured."""
    desk, today = stage.people["reception"], stage.now.date()
    _share_a_number(patients, by=desk)
    if stage.tenant.vertical == "shop":
        return
    last_month = today.replace(day=1) - timedelta(days=1)
    is_vet = stage.tenant.vertical == "vet"
    passport = IdentityDetails(kind="passport", number="533380006", country="GB", valid_until=last_month)
    add_identity_document(patient=patients[3], of_client=is_vet, details=passport, by=desk)
    card = IdentityDetails(kind="identity_card", number="CA00000AA", country="IT", issued_by="Comune di Siena")
    add_identity_document(patient=patients[7], of_client=is_vet, details=card, by=desk)
    kinds = ("animal",) if is_vet else ("statutory", "private", "supplementary")
    for number, patient in enumerate(patients[::3]):
        coverage = CoverageDetails(
            kind=kinds[number % len(kinds)],
            insurer=INSURERS[number % len(INSURERS)],
            number=f"{stage.chance.randint(10_000_000, 99_999_999)}",
            valid_from=date(today.year - 2, 1, 1),
            valid_until=last_month if number == 1 else None,
            copayment="10 % of each visit" if number % 2 else "",
        )
        add_coverage(patient=patient, details=coverage, by=desk)


def _share_a_number(patients: list[Patient], *, by: Any) -> None:
    """Have two be reached by one number at home, and one also at work."""
    home = PointDetails(system="phone", value="+441132496000", use="home")
    for patient in (patients[4], patients[6]):
        add_contact_point(client=patient.client, details=home, by=by)
    work = PointDetails(system="phone", value="+441134960150", use="work", label="workshop", note="only after 17:00")
    add_contact_point(client=patients[4].client, details=work, by=by)
