"""The Italian stamp duty on invoices (imposta di bollo): 2.00 euro where more than 77.47 euro bear no value added tax.

DPR 642/1972, tariffa, parte prima, art. 13; the threshold of 77.47 (150,000 lire) and the 2.00 are those of DL 43/2013
art. 7-bis. It counts what is exempt, outside or at nothing (natura N1, N2.1, N2.2, N3.5, N3.6 and N4), all of an
invoice together. What the seller asks back for it is an advanced cost: out of the tax by art. 15 DPR 633/72, natura N1.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from kernel.money import Money
from modules.billing.domain.taxes import WITH_REASON, Category, Rate

COUNTRY = "IT"
ABOVE = Money(7747, "EUR")
DUTY = Money(200, "EUR")
NATURA = frozenset({"N1", "N2", "N2.1", "N2.2", "N3.5", "N3.6", "N4"})


def duty_on(parts: Iterable[tuple[str, str, Money]]) -> Money:
    """Return what is due on an invoice of these amounts, each with its category and the code of its reason."""
    untaxed = sum((amount.minor for category, code, amount in parts if _counts(category, code)), 0)
    return DUTY if untaxed > ABOVE.minor else Money.zero(DUTY.currency)


def rate_of_duty() -> Rate:
    """Return by which category the duty stands on the bill itself."""
    reason = "Escluso IVA art. 15, comma 1, DPR 633/72"
    return Rate(name="", category=Category.EXEMPT, percent=Decimal(0), reason=reason, code="N1")


def _counts(category: str, code: str) -> bool:
    return category in WITH_REASON and (not code or code in NATURA)
