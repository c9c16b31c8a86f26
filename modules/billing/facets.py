"""By what bills narrow the list of people."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from modules.billing.domain.states import Status
from modules.billing.models import Invoice
from modules.crm.public import Facet, FacetAsked, Facets

BALANCES = (("owes", _("Owes something")), ("overdue", _("Is overdue")), ("nothing", _("Owes nothing")))


def _by_balance(asked: FacetAsked) -> Q:
    unpaid = Invoice.objects.visible_to(asked.by).to_be_paid()
    if asked.value == "overdue":
        unpaid = unpaid.filter(Q(status=Status.OVERDUE) | Q(due_date__lt=asked.today))
    owes = Q(pk__in=unpaid.values("patient"))
    return ~owes if asked.value == "nothing" else owes


FACETS: Facets = {
    "balance": Facet(
        title=_("Balance"), permission="billing.view_invoice", narrow=_by_balance, choices=lambda _by: BALANCES
    )
}
