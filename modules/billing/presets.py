"""What a new workspace finds in its billing."""

from __future__ import annotations

from modules.billing import services
from modules.billing.services import LetterheadDetails
from tenants.opening import Opening


def furnish(opening: Opening) -> None:
    """Write a letterhead, to be completed."""
    services.set_letterhead(details=LetterheadDetails(name=opening.tenant.name), by=opening.owner)
