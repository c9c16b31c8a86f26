"""A tenant whose every private word bears a mark, so that a leak of any of it can be seen in an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import UUIDField
from psycopg import sql

from access import services as access
from identity import handover
from identity.models import User
from kernel.ids import new_id
from modules.billing.services import draft_invoice_for_visit, issue_invoice
from modules.billing.services.links import pay_path
from modules.crm import public as crm
from modules.crm.models import ConsentText
from modules.crm.services import ContactDetails, Evidence, PatientDetails, Signer, register_patient, sign_consent
from modules.crm.tests.flags import warned
from modules.inventory.models import Item, Shortage
from modules.scheduling.models import Service, Shows
from modules.scheduling.services import Wish, book_appointment
from modules.scheduling.services.elsewhere.feeds import make_feed
from tenancy import TenantRef, use, use_owner

MARK = "Qzxmark"
ID = re.compile(r"<(?:uuid|slug|str|int):(\w+)>|\{(\w+)\}")
SYNONYMS = {"thing": "service", "visit": "appointment"}


@dataclass
class Marked:
    """What of a marked tenant somebody may have got hold of."""

    tenant: TenantRef
    ids: dict[str, UUID] = field(default_factory=dict)  # of one row of each model, by its name
    links: list[str] = field(default_factory=list)  # whose possession opens something on its own host
    hand_over: dict[str, str] = field(default_factory=dict)

    def id_for(self, name: str) -> str:
        """Return the id that a parameter of this name is likely to want; a patient's where nothing fits."""
        word = name.removesuffix("_id").removesuffix("s").lower()
        return str(self.ids.get(SYNONYMS.get(word, word), self.ids["patient"]))

    def address(self, pattern: str) -> str:
        """Return the pattern of a route with the ids of this tenant in it."""
        return ID.sub(lambda found: self._part(found[1] or found[2]), pattern)

    def _part(self, name: str) -> str:
        return {"kind": "service", "tenant_id": str(self.tenant.id)}.get(name) or self.id_for(name)


def mark(tenant: TenantRef, *, by: User, at: datetime) -> Marked:
    """Have somebody with a marked name visit, be treated, be billed and be missed from the shelf."""
    with use(tenant):
        patient = register_patient(
            patient=PatientDetails(first_name=MARK, last_name=MARK),
            contact=ContactDetails(first_name=MARK, last_name=MARK, email=f"{MARK}@private.example", street=MARK),
            by=by,
            at=at,
        )
        warned(patient, MARK, by=by, at=at, advice=MARK)
        service = Service.objects.get(name="Follow-up")
        visit = book_appointment(wish=Wish(service_id=service.pk, patient_id=patient.pk, starts_at=at), by=by, at=at)
        crm.save_note_of_visit(
            patient_id=patient.pk,
            appointment_id=visit.pk,
            sections=dict.fromkeys(("subjective", "objective", "assessment", "plan"), MARK),
            shared=True,
            by=by,
            at=at,
        )
        crm.sign_note_of_visit(visit.pk, by=by, at=at)
        text = ConsentText.objects.current()[0]
        evidence = Evidence(digest=text.digest, user_agent=MARK)
        sign_consent(patient=patient, text=text, signer=Signer(name=MARK), evidence=evidence, by=by, at=at)
        invoice = issue_invoice(invoice=draft_invoice_for_visit(appointment_id=visit.pk, by=by, at=at), by=by, at=at)
        item = Item.objects.first()
        assert item is not None
        Item.objects.filter(pk=item.pk).update(name=MARK)
        Shortage.objects.create(item=item, appointment_id=visit.pk, quantity=1, noted_at=at)
        invited = access.invite_member(email=f"{MARK}@new.example", name=MARK, role="receptionist", by=by, at=at)
        secret = access.new_invitation_secret(invited)
        pay = pay_path(invoice)
        shared = make_feed(practitioner=visit.practitioner, label=MARK, shows=Shows.EVERYTHING, by=by, at=at).url
        ids = ids_here() | {"patient": patient.pk, "appointment": visit.pk, "invoice": invoice.pk, "member": invited.pk}
    nowhere = handover.ComesFrom(session_key="", sign_in=None, proved_at=None)
    state = "the-state-of-some-browser"
    code = handover.give_code(user=by, tenant_id=tenant.id, state=state, comes_from=nowhere, at=at)
    feed = urlsplit(shared).path
    links = [pay, f"{pay}invoice.pdf", feed, f"/invitations/{tenant.id}/{secret}/", f"/sign-in/complete/?code={code}"]
    return Marked(tenant, ids, links, {"code": code, "state": state})


def ids_here() -> dict[str, UUID]:
    """Return the id of one row of each model in the tenant in use; of none, an id that there could be."""
    models = [model for model in apps.get_models() if model._meta.app_config.name in settings.TENANT_APPS]
    return {
        str(model._meta.model_name): model._default_manager.values_list("pk", flat=True).first() or new_id()
        for model in models
        if isinstance(model._meta.pk, UUIDField)
    }


def fingerprint(tenant: TenantRef) -> dict[str, str]:
    """Return a digest of each of the tenant's tables: whatever changes a row changes it."""
    with use_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [tenant.schema_name])
        return {table: _digest(cursor, tenant.schema_name, table) for (table,) in cursor.fetchall()}


def _digest(cursor: Any, schema: str, table: str) -> str:
    rows = sql.SQL("SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM {} t")
    cursor.execute(rows.format(sql.Identifier(schema, table)))
    return str(cursor.fetchone()[0])
