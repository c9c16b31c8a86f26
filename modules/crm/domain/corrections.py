"""What people may ask to have put right by themselves, and the life of such a request."""

from __future__ import annotations

from enum import StrEnum


class CorrectionState(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"


# Plain data of a person, by the names that `present_values` has for them: what is accepted is written there.
FIELDS = (
    "patient.first_name",
    "patient.last_name",
    "patient.preferred_name",
    "patient.birth_date",
    "client.phone",
    "client.email",
    "client.street",
    "client.postal_code",
    "client.city",
)
LONGEST_VALUE, LONGEST_STATEMENT = 200, 2_000
