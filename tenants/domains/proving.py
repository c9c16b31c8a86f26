"""Whether a domain is whose it is said to be, and leads here. Nothing is written down here."""

from __future__ import annotations

from dataclasses import dataclass

from tenants.domains.models import Problem
from tenants.domains.naming import challenge_of, target
from tenants.domains.resolving import Resolver, chain_of


@dataclass(frozen=True, slots=True)
class Finding:
    """What the name servers say of a domain: every token there is, and whether it leads here."""

    tokens: frozenset[str]
    leads_here: bool

    def problem_of(self, token: str) -> Problem:
        """Return what is missing for whoever was given this token."""
        if token not in self.tokens:
            return Problem.NO_PROOF
        return Problem.NOTHING if self.leads_here else Problem.ELSEWHERE


def look_up(name: str, asked: Resolver) -> Finding:
    """Ask the name servers. Raises `Unanswered`."""
    tokens = frozenset(text.strip() for text in asked.texts(challenge_of(name)))
    return Finding(tokens, _leads_here(name, asked))


def _leads_here(name: str, asked: Resolver) -> bool:
    """Test whether a name is an alias of our target, or shares its addresses: a domain's own top can have no CNAME."""
    if target() in chain_of(name, asked):
        return True
    theirs = asked.addresses(name)
    return bool(theirs) and bool(theirs & asked.addresses(target()))
