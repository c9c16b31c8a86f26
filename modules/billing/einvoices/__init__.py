"""Electronic invoices: one port (`port.py`), a file for each format, and the channels that bring files away."""

from __future__ import annotations

from modules.billing.domain.e_invoices import Format
from modules.billing.einvoices.channels import ByHand, Rehearsal
from modules.billing.einvoices.cii import FacturX
from modules.billing.einvoices.fatturapa import FatturaPA
from modules.billing.einvoices.port import Channel, EInvoiceFormat

FORMATS: dict[str, EInvoiceFormat] = {Format.FATTURAPA: FatturaPA(), Format.FACTUR_X: FacturX()}
CHANNELS: dict[str, Channel] = {"BY_HAND": ByHand(), "REHEARSAL": Rehearsal()}
