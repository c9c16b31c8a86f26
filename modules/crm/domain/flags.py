"""A flag as it is shown wherever the person is."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

TONES = {"INFO": "info", "CAUTION": "warn", "DANGER": "bad"}
ICONS = {"INFO": "info", "CAUTION": "triangle-alert", "DANGER": "octagon-alert"}


@dataclass(frozen=True, slots=True)
class ShownFlag:
    """What is said of a flag. `label` is how grave it is, in words: colour and form say it to the eye only."""

    id: UUID
    text: str
    advice: str
    category: str
    severity: str
    label: str

    @property
    def tone(self) -> str:
        return TONES[self.severity]

    @property
    def icon(self) -> str:
        return ICONS[self.severity]
