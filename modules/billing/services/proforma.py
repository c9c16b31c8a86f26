"""What a draft would be on paper: for an insurer or an employer who wants to see it first. It is no invoice."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from modules.billing.documents.invoice import invoice_pdf
from modules.billing.domain.states import Status
from modules.billing.models import Invoice
from modules.billing.services.issuing import copy_names
from tenancy import current_tenant


class NoProforma(Conflict):
    """It is issued: there is the invoice itself."""

    code = "no-proforma"


def proforma(*, draft: Invoice, by: Any, at: datetime) -> bytes:
    """Return the PDF of a draft, marked as no invoice and without a number. Nothing is kept. Raises `NoProforma`."""
    if draft.status != Status.DRAFT:
        raise NoProforma(_("Only a draft has a pro forma."))
    shown = copy(draft)
    copy_names(shown)
    shown.issue_date = at.astimezone(ZoneInfo(current_tenant().time_zone)).date()
    audit.viewed(of=draft, by=by, how="viewed_proforma")
    return invoice_pdf(shown, pay_url="")
