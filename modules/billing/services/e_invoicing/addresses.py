"""Say where a firm gets its electronic invoices."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid
from modules.billing.models import EInvoiceAddress
from modules.billing.services.e_invoicing.numbers import bare, is_recipient_code, is_vat_id, vat_id_of
from modules.billing.services.taxes import country_here


class EInvoiceAddressNotValid(Invalid):
    """`fields` says which."""

    code = "e-invoice-address-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressDetails:
    vat_id: str = ""
    recipient_code: str = ""
    certified_email: str = ""


def address_of(client_id: UUID) -> EInvoiceAddress:
    return EInvoiceAddress.objects.filter(client=client_id).first() or EInvoiceAddress(client_id=client_id)


@transaction.atomic
def set_e_invoice_address(*, client_id: UUID, details: AddressDetails, by: Any) -> EInvoiceAddress:
    """Set it for the invoices to come. Raises `EInvoiceAddressNotValid`."""
    details = AddressDetails(
        vat_id=vat_id_of(details.vat_id, country=country_here()),
        recipient_code=bare(details.recipient_code),
        certified_email=details.certified_email.strip(),
    )
    _check(details)
    row, fields = address_of(client_id), asdict(details)
    before = audit.snapshot(row, fields)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    audit.record(action="billing.einvoiceaddress.set", of=row, by=by, changes=audit.difference(before, row))
    return row


def _check(details: AddressDetails) -> None:
    code = details.recipient_code
    wrong = {
        "vat_id": (bool(details.vat_id) and not is_vat_id(details.vat_id), _("There cannot be such a VAT number.")),
        "recipient_code": (
            bool(code) and not is_recipient_code(code),
            _("A recipient code has seven letters or digits."),
        ),
        "certified_email": (not _is_email(details.certified_email), _("That is no e-mail address.")),
    }
    problems = {field: [sentence] for field, (is_wrong, sentence) in wrong.items() if is_wrong}
    if problems:
        raise EInvoiceAddressNotValid(" ".join(sentence for (sentence,) in problems.values()), fields=problems)


def _is_email(text: str) -> bool:
    if text:
        try:
            validate_email(text)
        except ValidationError:
            return False
    return True
