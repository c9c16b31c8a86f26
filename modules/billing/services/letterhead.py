"""What stands at the head of the invoices."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid
from modules.billing.models import Letterhead
from tenancy import current_tenant

LONGEST_TERM = 365


class LetterheadNotValid(Invalid):
    code = "letterhead-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterheadDetails:
    name: str
    address: str = ""
    tax_number: str = ""
    days_to_pay: int = 14
    mails_receipts: bool = False


def letterhead() -> Letterhead:
    """Return the practice's letterhead; before one was written, its name and the usual term."""
    return Letterhead.objects.first() or Letterhead(name=current_tenant().name)


@transaction.atomic
def set_letterhead(*, details: LetterheadDetails, by: Any) -> Letterhead:
    """Write the letterhead for the invoices to come. Raises `LetterheadNotValid`."""
    _check(details)
    head = letterhead()
    fields = asdict(details)
    before = audit.snapshot(head, fields)
    for name, value in fields.items():
        setattr(head, name, value)
    head.save()
    audit.record(action="billing.letterhead.set", of=head, by=by, changes=audit.difference(before, head))
    return head


def _check(details: LetterheadDetails) -> None:
    wrong = {
        "name": (not details.name.strip(), _("A name is needed.")),
        "days_to_pay": (not 0 <= details.days_to_pay <= LONGEST_TERM, _("Between 0 and 365 days.")),
    }
    problems = {field: [sentence] for field, (is_wrong, sentence) in wrong.items() if is_wrong}
    if problems:
        raise LetterheadNotValid(" ".join(sentence for (sentence,) in problems.values()), fields=problems)
