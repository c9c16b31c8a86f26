"""Copy, at the issue, what an electronic invoice says of its two sides: it is made of the frozen document alone.

It is kept only where the practice makes electronic invoices. The client's tax code, sealed with their record, stands
here as it stands in the file: a document that is issued could not be sealed anew when a key is retired.
"""

from __future__ import annotations

import json
from typing import Any

from modules.billing.models import Invoice
from modules.billing.services.e_invoicing.addresses import address_of
from modules.billing.services.e_invoicing.numbers import bare
from modules.billing.services.e_invoicing.rules import e_invoice_rules
from modules.billing.services.taxes import country_here

OF_SELLER = ("street", "postal_code", "city", "province", "country", "vat_id", "fiscal_code", "regime", "iban", "bic")


def copy_details(document: Invoice) -> None:
    """Copy them as they are now; of a credit note, those of the client as the invoice has them."""
    rules = e_invoice_rules()
    if not rules.formats:
        return
    document.seller_details = _written({name: getattr(rules, name) for name in OF_SELLER})
    kept = document.corrects.client_details if document.corrects else ""
    document.client_details = kept or _written(_of_client(document))


def is_for_business(document: Invoice) -> bool:
    return bool(json.loads(document.client_details or "{}").get("is_business"))


def _of_client(document: Invoice) -> dict[str, Any]:
    client, address = document.client, address_of(document.client_id)
    return {
        "street": client.street,
        "postal_code": client.postal_code,
        "city": client.city,
        "province": client.region,
        "country": client.country or country_here(),
        "vat_id": address.vat_id,
        "fiscal_code": bare(client.tax_code),
        "recipient_code": address.recipient_code,
        "certified_email": address.certified_email,
        "is_business": bool(address.vat_id or client.organisation),
    }


def _written(details: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in details.items() if value}, sort_keys=True, ensure_ascii=False)
