"""How a client is reached, in the order in which it is tried, and who else is reached by the same."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from django.db.models import Q

from modules.crm.domain.phones import shown
from modules.crm.models import Client, ContactPoint, System


class Way(NamedTuple):
    """A phone or an e-mail. `row` says what there is to say about it; the first one may have none."""

    system: str
    value: str
    is_first: bool
    row: ContactPoint | None
    also_of: tuple[str, ...]

    @property
    def shown(self) -> str:
        return shown(self.value) if self.system == System.PHONE else self.value

    @property
    def address(self) -> str:
        return f"tel:{self.value}" if self.system == System.PHONE else f"mailto:{self.value}"


def ways_to(client: Client, *, seen_by: Any) -> list[Way]:
    """Return the phones and then the e-mails of a client, each with whoever else has it and may be seen."""
    rows = {(row.system, row.value): row for row in client.contact_points.order_by("rank", "pk")}
    firsts = [(system, getattr(client, system)) for system in System.values if getattr(client, system)]
    keys = sorted(dict.fromkeys([*firsts, *rows]), key=lambda key: System.values.index(key[0]))
    others = _also_of(client, {value for _, value in keys}, seen_by=seen_by)
    return [Way(*key, key in firsts, rows.get(key), tuple(others[key[1]])) for key in keys]


def _also_of(client: Client, values: set[str], *, seen_by: Any) -> dict[str, list[str]]:
    """Return who else has these, by value: of those whom somebody sees, by name, and two of a kind are one."""
    found: dict[str, list[str]] = defaultdict(list)
    if not values:
        return found
    shared = Q(phone__in=values) | Q(email__in=values) | Q(contact_points__value__in=values)
    others = Client.objects.of_patients_seen_by(seen_by).filter(shared).exclude(pk=client.pk).distinct()
    for other in others.prefetch_related("contact_points").order_by("last_name", "first_name", "pk")[:20]:
        theirs = {other.phone, other.email, *(point.value for point in other.contact_points.all())}
        for value in values & theirs:
            found[value].append(other.name)
    return found
