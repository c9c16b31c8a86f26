"""How files get to whoever takes them: by somebody's hand, or, for trying out, to nobody."""

from __future__ import annotations

import hashlib
from datetime import datetime

from modules.billing.einvoices.port import MadeFile, Receipt


class ByHand:
    """Somebody downloads the file, uploads it at the authority or mails it, and writes down what became of it."""

    def send(self, file: MadeFile, *, at: datetime) -> Receipt | None:
        return None


class Rehearsal:
    """Takes every file and sends none: for the demo and for tests. A recipient 9999999 is unknown, as at the SdI."""

    UNKNOWN = b"<CodiceDestinatario>9999999</CodiceDestinatario>"

    def send(self, file: MadeFile, *, at: datetime) -> Receipt | None:
        reference = f"R-{hashlib.sha256(file.content).hexdigest()[:12].upper()}"
        if self.UNKNOWN in file.content:
            return Receipt(reference=reference, is_accepted=False, reason="00311: CodiceDestinatario non valido")
        return Receipt(reference=reference, is_accepted=True)
