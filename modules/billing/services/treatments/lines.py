"""The lines that treatments become."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from kernel.locking import lock_rows
from modules.billing.domain.sums import Charge
from modules.billing.models import Invoice, Treatment
from modules.billing.services.lines import Line
from tenancy import current_tenant


def treatment_lines(appointment_id: UUID, *, on: Invoice | None = None) -> list[Line]:
    """Return a line for each treatment of a visit that is on no other invoice than this draft.

    They are locked until the transaction ends: nobody else bills, changes or removes them meanwhile.
    """
    rows = lock_rows(Treatment.objects.of_visit(appointment_id), no_key=True)
    free = rows.filter(Q(line=None) | Q(line__invoice=on)) if on else rows.filter(line=None)
    with translation.override(current_tenant().language):
        return [_line_of(treatment) for treatment in free.order_by("noted_at", "pk")]


def _line_of(treatment: Treatment) -> Line:
    detail = _("%(code)s, per %(unit)s") % {"code": treatment.code, "unit": treatment.unit}
    if treatment.is_included:
        detail = _("%(detail)s. Included in the price of the visit") % {"detail": detail}
    return Line(
        description=treatment.name,
        detail=detail[:200],
        charge=Charge(treatment.quantity, treatment.unit_price, treatment.tax_rate),
        treatment_id=treatment.pk,
    )
