"""Say which electronic invoices are made, for whom, and what they say of the practice."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import pycountry
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid
from modules.billing.models import Carrier, EInvoiceRules, Regime
from modules.billing.services.e_invoicing.numbers import bare, is_bic, is_fiscal_code, is_iban, is_vat_id, vat_id_of
from modules.billing.services.taxes import country_here


class EInvoiceRulesNotValid(Invalid):
    """`fields` says which."""

    code = "e-invoice-rules-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedEInvoices:
    fatturapa: bool = False
    factur_x: bool = False
    only_businesses: bool = True
    carrier: str = Carrier.BY_HAND.value
    street: str = ""
    postal_code: str = ""
    city: str = ""
    province: str = ""
    country: str = ""
    vat_id: str = ""
    fiscal_code: str = ""
    regime: str = ""
    iban: str = ""
    bic: str = ""


def e_invoice_rules() -> EInvoiceRules:
    return EInvoiceRules.objects.first() or EInvoiceRules(country=country_here())


def carriers_here() -> list[Carrier]:
    """Return who may bring files away: nobody does so for show where practices do real business."""
    return [each for each in Carrier if each != Carrier.REHEARSAL or settings.REHEARSES_E_INVOICES]


@transaction.atomic
def set_e_invoice_rules(*, wish: WishedEInvoices, by: Any) -> EInvoiceRules:
    """Set them for the invoices that are issued from now on. Raises `EInvoiceRulesNotValid`."""
    wish = _tidied(wish)
    _check(wish)
    rules, fields = e_invoice_rules(), asdict(wish)
    before = audit.snapshot(rules, fields)
    for name, value in fields.items():
        setattr(rules, name, value)
    rules.save()
    audit.record(action="billing.einvoicerules.set", of=rules, by=by, changes=audit.difference(before, rules))
    return rules


def _tidied(wish: WishedEInvoices) -> WishedEInvoices:
    country = wish.country.strip().upper() or country_here()
    return replace(
        wish,
        street=wish.street.strip(),
        postal_code=wish.postal_code.strip(),
        city=wish.city.strip(),
        province=wish.province.strip().upper() if country == "IT" else wish.province.strip(),
        country=country,
        vat_id=vat_id_of(wish.vat_id, country=country),
        fiscal_code=bare(wish.fiscal_code),
        iban=bare(wish.iban),
        bic=bare(wish.bic),
    )


def _check(wish: WishedEInvoices) -> None:
    wrong = {
        "carrier": (wish.carrier not in carriers_here(), _("Files cannot be sent this way.")),
        "country": (pycountry.countries.get(alpha_2=wish.country) is None, _("There is no such country.")),
        "vat_id": (bool(wish.vat_id) and not is_vat_id(wish.vat_id), _("There cannot be such a VAT number.")),
        "fiscal_code": (
            bool(wish.fiscal_code) and not is_fiscal_code(wish.fiscal_code, country=wish.country),
            _("There cannot be such a tax code."),
        ),
        "regime": (wish.regime not in {"", *Regime.values}, _("There is no such tax regime.")),
        "iban": (bool(wish.iban) and not is_iban(wish.iban), _("There cannot be such an IBAN.")),
        "bic": (bool(wish.bic) and not is_bic(wish.bic), _("There cannot be such a BIC.")),
    }
    problems = {field: [sentence] for field, (is_wrong, sentence) in wrong.items() if is_wrong}
    if problems:
        raise EInvoiceRulesNotValid(" ".join(sentence for (sentence,) in problems.values()), fields=problems)
