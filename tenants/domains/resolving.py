"""The port to the domain name system, and the two that can stand there: the real one, and a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import dns.exception
import dns.resolver
from django.conf import settings
from dns.rdatatype import RdataType

from tenants.domains.naming import target

PATIENCE = 4.0  # seconds for one question, whatever a stranger's name servers do
LONGEST_CHAIN = 8


class Unanswered(Exception):
    """The name servers did not answer, so nothing is known: neither that a record is there, nor that it is not."""


class Resolver(Protocol):
    """What has to be known of a name. A name that does not exist has no records; all may raise `Unanswered`."""

    def texts(self, name: str) -> list[str]:
        """Return its TXT records."""

    def alias(self, name: str) -> str:
        """Return what its CNAME record says, or ""."""

    def addresses(self, name: str) -> set[str]:
        """Return the IP addresses that it leads to, through whatever aliases."""


class DnsResolver:
    """Asks the name servers of the machine, or those that are given."""

    def __init__(self, nameservers: tuple[str, ...] = (), *, port: int = 53, patience: float = PATIENCE) -> None:
        self.nameservers, self.port, self.patience = nameservers, port, patience

    def texts(self, name: str) -> list[str]:
        return [b"".join(record.strings).decode(errors="replace") for record in self._ask(name, RdataType.TXT)]

    def alias(self, name: str) -> str:
        return next((_plain(record.target.to_text()) for record in self._ask(name, RdataType.CNAME)), "")

    def addresses(self, name: str) -> set[str]:
        return {record.address for kind in (RdataType.A, RdataType.AAAA) for record in self._ask(name, kind)}

    def _ask(self, name: str, kind: RdataType) -> Any:
        try:
            return self._resolver().resolve(f"{name}.", kind, raise_on_no_answer=False).rrset or ()
        except dns.resolver.NXDOMAIN:
            return ()
        except (dns.exception.DNSException, OSError) as error:
            raise Unanswered(f"{kind.name} {name}") from error

    def _resolver(self) -> dns.resolver.Resolver:
        made = dns.resolver.Resolver(configure=not self.nameservers)
        if self.nameservers:
            made.nameservers, made.port = list(self.nameservers), self.port
        made.timeout, made.lifetime = self.patience / 2, self.patience
        return made


class FileResolver:
    """Knows the names below `.test` from a file, for demos and tests: a line `name TYPE value` is a record.

    Of a line whose value is `?`, the name servers do not answer. Names elsewhere are asked of `beyond`.
    """

    def __init__(self, file: Path, *, beyond: Resolver) -> None:
        self.file, self.beyond = file, beyond

    def texts(self, name: str) -> list[str]:
        return list(self._values(name, "TXT")) if self._knows(name) else self.beyond.texts(name)

    def alias(self, name: str) -> str:
        return next(self._values(name, "CNAME"), "") if self._knows(name) else self.beyond.alias(name)

    def addresses(self, name: str) -> set[str]:
        if not self._knows(name):
            return self.beyond.addresses(name)
        return {value for kind in ("A", "AAAA") for value in self._values(name, kind)}

    def _knows(self, name: str) -> bool:
        return name.endswith(".test") or name == target()

    def _values(self, name: str, kind: str) -> Iterator[str]:
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        for record in (line.split(maxsplit=2) for line in lines):
            if len(record) == 3 and (_plain(record[0]), record[1].upper()) == (name, kind):
                value = record[2].strip().strip('"')
                if value == "?":
                    raise Unanswered(f"{kind} {name}")
                yield _plain(value) if kind == "CNAME" else value


def resolver() -> Resolver:
    """Return what this deployment asks."""
    return FileResolver(Path(settings.DNS_FILE), beyond=DnsResolver()) if settings.DNS_FILE else DnsResolver()


def chain_of(name: str, asked: Resolver) -> list[str]:
    """Return the names that the CNAME records of a name lead to, one after the other."""
    chain: list[str] = []
    while len(chain) < LONGEST_CHAIN and (after := asked.alias(chain[-1] if chain else name)) and after not in chain:
        chain.append(after)
    return chain


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")
