"""A client's account on paper: made anew for whoever asks, and sent by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from modules.billing.documents.statement import statement_pdf
from modules.billing.domain.reports import Days
from modules.billing.models import Invoice, InvoiceQuerySet
from modules.billing.selectors.statements import statement_of
from modules.billing.services import telling
from modules.billing.services.letterhead import letterhead
from modules.billing.services.links import NoAddress


def paper_of(*, invoices: InvoiceQuerySet, days: Days, to: Any) -> bytes:
    """Return the statement over these documents as a PDF; `to` is a client."""
    statement = statement_of(invoices, days)
    return statement_pdf(statement, head=letterhead(), name=to.name, address=to.address_lines)


@transaction.atomic
def send_statement(*, invoice: Invoice, days: Days, by: Any, at: datetime) -> None:
    """Mail the statement of whom an invoice was issued to. Raises `NoAddress`.

    It is made when the mail goes out, of all that was issued to that client.
    """
    client = invoice.client
    if not client.email:
        raise NoAddress(_("There is no e-mail address to send it to. Write one into the record first."))
    telling.about_statement(client_id=client.pk, days=days, at=at)
    changes = {"to": (None, client.email), "since": (None, days.since), "until": (None, days.until)}
    audit.record(action="billing.statement.sent", of=client, by=by, changes=changes)
