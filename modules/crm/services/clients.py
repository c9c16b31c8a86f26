"""The clients of patients: those who are known, and new ones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from access.fields import check_changes
from audit import recording as audit
from kernel.errors import NotFound
from modules.crm.models import Client
from modules.crm.services.registering import ContactDetails, NotRegistrable, as_kept, names_in


class UnknownClient(NotFound):
    code = "client-unknown"


def find_or_add_client(*, client_id: UUID | None, contact: ContactDetails | None, by: Any) -> Client:
    """Return a client who is known and whom `by` may see, or a new one. Raises `UnknownClient` or `NotRegistrable`."""
    return known_client(client_id, by=by) if client_id else add_client(contact=contact, by=by)


def known_client(client_id: UUID, *, by: Any) -> Client:
    client = Client.objects.of_patients_seen_by(by).filter(pk=client_id).first()
    if client is None:
        raise UnknownClient(_("There is no such client."))
    return client


def add_client(*, contact: ContactDetails | None, by: Any) -> Client:
    if contact is None or not (contact.first_name.strip() or contact.organisation.strip()):
        raise NotRegistrable(_("Say who the client is."), fields={"client": [_("A name is needed.")]})
    check_changes(by, Client, ["tax_code"] if contact.tax_code else [])
    client = Client.objects.create(**as_kept(contact))
    audit.record(action="crm.client.registered", of=client, by=by, changes=audit.created(client, names_in(contact)))
    return client
