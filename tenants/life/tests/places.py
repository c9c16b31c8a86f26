"""A practice with something of everything in it, for tests that commit. They have a database of their own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from django.core.files.storage import default_storage
from django.db import connection
from psycopg import sql

from access.models import Member, Role
from access.services import invite_member, new_invitation_secret
from identity.models import User
from kernel.money import Money
from modules.billing.domain.states import Method
from modules.billing.models import Invoice
from modules.billing.services import draft_invoice_for_visit, issue_invoice, record_payment
from modules.billing.services.issuing import make_document
from modules.crm.services import ContactDetails, PatientDetails, register_patient, save_note, sign_note
from modules.crm.tests.flags import warned
from modules.scheduling.models import Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from modules.scheduling.services.practice.staffing import make_practitioner_of_member
from notify.sending import muted
from tenancy import TenantRef, use, use_owner, use_platform
from tenants import signup
from tenants.models import Membership, Tenant
from tenants.opening import open_tenant
from tenants.signup import SignUp
from tests.password import PASSWORD

NOTE = "Drinks a bottle of gin before noon"
ALERT = "Allergy: zinc oxide tape"
FORMULA = "=HYPERLINK(1)"


class Lived(NamedTuple):
    tenant: TenantRef
    invitation: str  # its secret
    invoice: Invoice


def open_another(subdomain: str, *, at: datetime) -> TenantRef:
    """Open a practice that only this database knows: roles are shared by all of them, and go with a tenant."""
    people = {name: f"{name}@{subdomain}.example" for name in ("ana", "bo", "pia")}
    with use_platform():
        wish = SignUp(
            name=f"Practice {subdomain}", vertical="clinic", subdomain=subdomain, time_zone="Europe/London",
            currency="GBP", language="en-gb", owner_name=f"Anamaria {subdomain}", email=people["ana"],
            password=PASSWORD,
        )  # fmt: skip
        row = signup.reserve_workspace(wish=wish, at=at)
        for name in ("bo", "pia"):
            account = User.objects.create_user(people[name], PASSWORD, name=f"{name.title()} {subdomain}")
            EmailAddress.objects.create(user=account, email=people[name], primary=True, verified=True)
    tenant = open_tenant(tenant_id=row.pk, at=at).ref()
    for name, role in (("bo", Role.PRACTITIONER), ("pia", Role.PATIENT)):
        account = user(people[name])
        with use(tenant):
            member = Member.objects.create(
                user_id=account.pk, role=role, name=account.name, email=account.email, joined_at=at
            )
            make_practitioner_of_member(member_id=member.pk, user_id=account.pk, role=role)
    with use_platform():
        Membership.objects.create(user=user(people["bo"]), tenant_id=tenant.id, created_at=at)
        return Tenant.objects.with_rooms().get(pk=tenant.id).ref()


def user(email: str) -> Any:
    with use_platform():
        return User.objects.get(email=email)


def live_in(tenant: TenantRef, *, at: datetime) -> Lived:
    """Leave a patient, a signed note, a visit, a paid invoice with its PDF and an invitation behind."""
    ana, bo, pia = (user(f"{name}@{tenant.subdomain}.example") for name in ("ana", "bo", "pia"))
    with muted(), use(tenant):
        patient = register_patient(
            patient=PatientDetails(first_name="Paula", last_name=FORMULA),
            contact=ContactDetails(first_name="Paula", email=pia.email, phone="+442079460958", street="2 Mill\nLane"),
            by=bo,
            at=at,
        )
        warned(patient, ALERT, by=bo, at=at)
        wish = Wish(
            service_id=Service.objects.get(name="Follow-up").pk,
            patient_id=patient.pk,
            practitioner_id=Practitioner.objects.get(user_id=bo.pk).pk,
            starts_at=at,
        )
        visit = book_appointment(wish=wish, by=ana, at=at)
        sections = {"subjective": "“Better.”\n\\N \\. \t", "plan": NOTE}
        note = save_note(patient=patient, appointment_id=visit.pk, sections=sections, shared=True, by=bo, at=at)
        sign_note(note=note, by=bo, at=at)
        invoice = issue_invoice(invoice=draft_invoice_for_visit(appointment_id=visit.pk, by=ana, at=at), by=ana, at=at)
        make_document(invoice_id=invoice.pk, at=at)
        paid = Money(invoice.gross_minor, invoice.currency)
        record_payment(invoice=invoice, amount=paid, method=Method.CASH, by=ana, at=at)
        ivy = invite_member(email="ivy@new.example", name="Ivy", role="receptionist", by=ana, at=at)
        return Lived(tenant, new_invitation_secret(ivy), invoice)


def files_below(tenant: TenantRef, folder: str = "") -> list[str]:
    """Return the name of every file that lies in a tenant's folder, finished or not."""
    root = Path(default_storage.beneath.location) / f"t/{tenant.id}/{folder}"  # type: ignore[attr-defined]
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def tables_of(schema_name: str) -> dict[str, list[str]]:
    """Return every row of every table of a schema, as Postgres writes it, as its owner sees it."""
    with use_owner(schema_name), connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = %s::regnamespace ORDER BY 1",
            [schema_name],
        )
        return {table: _rows(cursor, schema_name, table) for (table,) in cursor.fetchall()}


def _rows(cursor: Any, schema_name: str, table: str) -> list[str]:
    cursor.execute(sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(schema_name, table)))
    return [row for (row,) in cursor.fetchall()]
