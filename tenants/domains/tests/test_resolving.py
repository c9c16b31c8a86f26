"""The real resolver against a name server of the test's own, on this machine; and the file that stands in for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from tenants.domains.proving import look_up
from tenants.domains.resolving import LONGEST_CHAIN, DnsResolver, FileResolver, Unanswered, chain_of

ZONE = {
    ("_atrium-challenge.praxis.test.", "TXT"): ['"v=something else"', '"atrium-" "token"', '"atrium-older"'],
    ("praxis.test.", "A"): ["192.0.2.1"],
    ("praxis.test.", "AAAA"): ["2001:db8::1"],
    ("www.praxis.test.", "CNAME"): ["Hop.Other.test."],
    ("hop.other.test.", "CNAME"): ["lead.atrium.test."],
    ("lead.atrium.test.", "A"): ["192.0.2.1", "192.0.2.2"],
    ("round.test.", "CNAME"): ["about.test."],
    ("about.test.", "CNAME"): ["round.test."],
    ("elsewhere.test.", "A"): ["198.51.100.9"],
    **{(f"hop{n}.test.", "CNAME"): [f"hop{n + 1}.test."] for n in range(20)},
}


class NameServer:
    """Answers from ZONE. Names below `silent.test` get no answer, those below `broken.test` a failure."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            wire, asker = self.socket.recvfrom(4096)
            if not wire:
                return
            query = dns.message.from_wire(wire)
            if answer := self._answer(query):
                self.socket.sendto(answer.to_wire(), asker)

    def _answer(self, query: Any) -> Any:
        name, kind = query.question[0].name.to_text().lower(), query.question[0].rdtype.name
        if name.endswith("silent.test."):
            return None
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name.endswith("broken.test."):
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif not any(known == name for known, _ in ZONE):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif values := ZONE.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", kind, *values))
        return answer

    def stop(self) -> None:
        self.socket.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join(timeout=5)
        self.socket.close()


@pytest.fixture(scope="module")
def asked() -> Iterator[DnsResolver]:
    server = NameServer()
    yield DnsResolver(("127.0.0.1",), port=server.port, patience=1.0)
    server.stop()


def test_every_text_is_read_and_its_parts_put_together(asked: DnsResolver) -> None:
    assert set(asked.texts("_atrium-challenge.praxis.test")) == {"v=something else", "atrium-token", "atrium-older"}


def test_a_name_that_is_not_there_has_no_records(asked: DnsResolver) -> None:
    assert (asked.texts("nobody.test"), asked.alias("nobody.test"), asked.addresses("nobody.test")) == ([], "", set())


def test_a_name_without_records_of_that_kind_has_none(asked: DnsResolver) -> None:
    assert (asked.texts("praxis.test"), asked.alias("praxis.test")) == ([], "")


def test_addresses_of_both_kinds_are_found(asked: DnsResolver) -> None:
    assert asked.addresses("praxis.test") == {"192.0.2.1", "2001:db8::1"}


@pytest.mark.parametrize("name", ["x.silent.test", "x.broken.test"])
def test_servers_that_do_not_answer_tell_nothing(asked: DnsResolver, name: str) -> None:
    """Were silence taken for an answer, a night without name servers would take every domain from its tenant."""
    hasty = DnsResolver(asked.nameservers, port=asked.port, patience=0.2)
    for question in (hasty.texts, hasty.alias, hasty.addresses):
        with pytest.raises(Unanswered):
            question(name)


def test_a_chain_of_aliases_is_followed_however_it_is_written(asked: DnsResolver) -> None:
    assert chain_of("www.praxis.test", asked) == ["hop.other.test", "lead.atrium.test"]


def test_a_chain_that_goes_round_or_never_ends_is_left(asked: DnsResolver) -> None:
    assert chain_of("round.test", asked) == ["about.test", "round.test"]
    assert len(chain_of("hop0.test", asked)) == LONGEST_CHAIN


@pytest.mark.parametrize(
    ("name", "leads_here"), [("www.praxis.test", True), ("praxis.test", True), ("elsewhere.test", False)]
)
def test_a_domain_leads_here_by_an_alias_or_by_an_address(
    asked: DnsResolver, settings: Any, name: str, leads_here: bool
) -> None:
    settings.CNAME_TARGET = "lead.atrium.test"

    assert look_up(name, asked).leads_here is leads_here


def test_a_machine_without_name_servers_knows_nothing(monkeypatch: Any) -> None:
    monkeypatch.setattr("dns.resolver.Resolver.read_resolv_conf", lambda self, file: self.nameservers.clear())

    with pytest.raises(Unanswered):
        DnsResolver(patience=0.2).texts("praxis.test")


def test_a_file_stands_in_for_the_names_below_test(tmp_path: Path, asked: DnsResolver) -> None:
    file = tmp_path / "dns.txt"
    stand_in = FileResolver(file, beyond=asked)
    assert stand_in.texts("praxis.test") == []  # there is no file yet

    file.write_text('# a comment\n\nPraxis.test. CNAME Localhost.\npraxis.test txt ?\nx.test A 1.2\nx.test TXT "a b"\n')

    assert stand_in.alias("praxis.test") == "localhost"
    assert (stand_in.addresses("x.test"), stand_in.texts("x.test")) == ({"1.2"}, ["a b"])
    with pytest.raises(Unanswered):
        stand_in.texts("praxis.test")
