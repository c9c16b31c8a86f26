"""The stamp duty on invoices, in the one country that has it: on bills by itself where more than so much is untaxed."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict
from kernel.money import Money
from modules.billing.domain.stamp_duty import COUNTRY, DUTY, duty_on, rate_of_duty
from modules.billing.models import Invoice, InvoiceLine, StampDuty, TaxRules
from modules.billing.services.taxes import country_here
from tenancy import current_tenant


class NoStampDuty(Conflict):
    """Elsewhere there is none."""

    code = "no-stamp-duty"


def stamp_duty_here() -> str:
    """Return what the practice does about the stamp duty; nothing where there is none."""
    return tax_rules().stamp_duty if country_here() == COUNTRY else StampDuty.NONE


def tax_rules() -> TaxRules:
    return TaxRules.objects.first() or TaxRules()


@transaction.atomic
def set_stamp_duty(*, stamp_duty: StampDuty, by: Any) -> TaxRules:
    """Say what is done about the stamp duty on drafts from now on. Raises `NoStampDuty`."""
    if country_here() != COUNTRY:
        raise NoStampDuty(_("There is no stamp duty on invoices in your country."))
    rules = tax_rules()
    before, rules.stamp_duty = rules.stamp_duty, stamp_duty.value
    rules.save()
    changes = {"stamp_duty": (before, rules.stamp_duty)}
    audit.record(action="billing.taxrules.set", of=rules, by=by, changes=changes)
    return rules


def follow_duty(*, invoice: Invoice) -> None:
    """Have a draft bear the stamp duty, as a line of its own, while what it comes to calls for it."""
    rows = list(InvoiceLine.objects.filter(invoice=invoice))
    there = [row for row in rows if row.is_duty]
    mode = stamp_duty_here() if invoice.currency == DUTY.currency else StampDuty.NONE
    parts = [(row.tax_category, row.tax_code, row.net) for row in rows if not row.is_duty]
    is_due = mode != StampDuty.NONE and bool(duty_on(parts))
    if there and not is_due:
        there[0].delete()
    elif is_due and not there:
        _write(invoice, DUTY if mode == StampDuty.PASSED_ON else Money.zero(invoice.currency))


def _write(invoice: Invoice, amount: Money) -> None:
    with translation.override(current_tenant().language):
        description = _("Stamp duty on what is exempt")
        detail = _("%(duty)s, borne by us") % {"duty": DUTY.shown(current_tenant().language)}
    last, rate = invoice.lines.aggregate(last=Max("position"))["last"] or 0, rate_of_duty()
    InvoiceLine.objects.create(
        invoice=invoice,
        position=last + 1,
        description=description,
        detail="" if amount else detail,
        quantity=1,
        unit_price_minor=amount.minor,
        tax_rate=rate.percent,
        tax_category=rate.category.value,
        tax_reason=rate.reason,
        tax_code=rate.code,
        net_minor=amount.minor,
        tax_minor=0,
        gross_minor=amount.minor,
        currency=amount.currency,
        is_duty=True,
    )
