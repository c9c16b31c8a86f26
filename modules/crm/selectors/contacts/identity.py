"""Who is found by a paper."""

from __future__ import annotations

from django.db.models import Q

from modules.crm.domain.tax_codes import as_written
from modules.crm.models import IdentityDocument, Patient
from privacy.fields import digests_in


def patients_with_identity_number(number: str) -> list[Patient]:
    """Return whom a paper of this number is kept of, or of whose client, whatever its kind and country.

    Of everybody here: whoever shows them narrows them to what somebody may see, and asks `crm.view_identity`.
    """
    code = as_written(number)
    if not code:
        return []
    digests = digests_in(IdentityDocument, "number", code)
    holders = IdentityDocument.objects.filter(number_digest__in=digests).values_list("patient", "client")
    patients, clients = [each for each, _ in holders if each], [each for _, each in holders if each]
    rows = Patient.objects.select_related("client").filter(Q(pk__in=patients) | Q(client__in=clients))
    return list(rows.order_by("pk"))
