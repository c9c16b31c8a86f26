"""What every row works with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from identity.tokens import issue_tokens
from tests.performance.asking import Answer, Caller
from tests.performance.house import House

if TYPE_CHECKING:
    from tests.performance.practice import Practice


class WrongAnswer(RuntimeError):
    """The site answered what it should not have: the figure would mean nothing."""


@dataclass(frozen=True)
class Visit:
    house: House
    practice: Practice
    tenants: tuple[int, ...]  # how many are there when the opening of one more is measured
    crowd: int  # how many are migrated, and visited

    def arrive(self) -> Caller:
        """Return a new client of the practice, signed in as its owner."""
        practice = self.practice
        pair = issue_tokens(user=practice.owner, tenant_id=practice.tenant.id, at=timezone.now())
        return Caller(self.house.site.port, practice.tenant.subdomain, pair.access)

    @staticmethod
    def check(answers: Iterable[Answer], meant: set[int]) -> Counter[int]:
        """Count the answers by status. Raises `WrongAnswer` if one is not of those meant."""
        answers = list(answers)
        if wrong := next((answer for answer in answers if answer.status not in meant), None):
            raise WrongAnswer(f"{wrong.status}: {wrong.content[:600].decode(errors='replace')}")
        return Counter(answer.status for answer in answers)
