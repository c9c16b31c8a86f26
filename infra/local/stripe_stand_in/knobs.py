"""How unkind the world is to be: for tests of what must hold all the same."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass
class Knobs:
    """Set over POST /_stand_in/knobs as JSON; what is not named goes back to the kind default."""

    deliveries: int = 1  # how often each event is delivered
    together: bool = False  # all of them at the same moment
    delay: float = 0.0  # seconds before the first attempt
    drop: tuple[str, ...] = ()  # types of events that never arrive; "*" for all
    newest_first: bool = False  # events that wait together arrive in the wrong order
    slow_answers: float = 0.0  # seconds that the API takes over each call
    failing_calls: int = 0  # so many calls of the API answer 503, and do nothing
    lost_answers: int = 0  # so many calls of the API do their work, and then the line breaks

    def set(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Take over what `wanted` says. Raises `ValueError` for a knob there is not."""
        unknown = set(wanted) - {field.name for field in fields(self)}
        if unknown:
            raise ValueError(f"There is no knob called {', '.join(sorted(unknown))}.")
        for name, value in asdict(Knobs(**wanted)).items():
            setattr(self, name, tuple(value) if name == "drop" else value)
        return asdict(self)

    def drops(self, event_type: str) -> bool:
        return "*" in self.drop or event_type in self.drop

    def use_up(self, name: str) -> bool:
        """Count down one of the "so many" knobs; False once it is at zero."""
        left = int(getattr(self, name))
        setattr(self, name, max(left - 1, 0))
        return left > 0
