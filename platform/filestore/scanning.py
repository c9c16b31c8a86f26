"""The port to whatever looks for viruses, and those who stand at it: ClamAV's daemon, and one for trials."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings

CHUNK = 64 * 1024
WAIT_SECONDS = 120  # for a word of the daemon
LONGEST_ANSWER = 4096
# What every scanner finds, and does no harm (eicar.org). In two parts, so that no scanner finds this file.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class ScannerFailed(Exception):
    """The scanner is not there, or could not say. Try again later; until then nobody knows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scanner says. `finding` is what it calls what it found, or "" if the file is clean."""

    finding: str
    scanner: str

    @property
    def is_infected(self) -> bool:
        return bool(self.finding)


class Scanner(Protocol):
    def scan(self, content: bytes) -> Verdict:
        """Look into a file. Raises `ScannerFailed`."""


class ClamAV:
    """ClamAV's daemon, spoken to over TCP: the INSTREAM command of clamd(8)."""

    def __init__(self, host: str, port: int) -> None:
        self.address = host, port

    def scan(self, content: bytes) -> Verdict:
        try:
            with socket.create_connection(self.address, timeout=WAIT_SECONDS) as line:
                line.sendall(b"zINSTREAM\0")
                for start in range(0, len(content), CHUNK):
                    chunk = content[start : start + CHUNK]
                    line.sendall(struct.pack("!L", len(chunk)) + chunk)
                line.sendall(struct.pack("!L", 0))
                said = _read_answer(line)
        except OSError as error:
            raise ScannerFailed("The scanner does not answer.") from error
        return self._verdict(said)

    def _verdict(self, said: str) -> Verdict:
        text = said.removeprefix("stream:").strip()
        if text == "OK":
            return Verdict("", "ClamAV")
        finding, found, rest = text.rpartition(" FOUND")
        if not found or rest or not finding:
            raise ScannerFailed("The scanner could not say.")
        return Verdict(finding[:100], "ClamAV")


class TestStringOnly:
    """For demos and tests: finds the string that every scanner finds, and nothing else."""

    __test__ = False  # pytest, it is no test

    def scan(self, content: bytes) -> Verdict:
        return Verdict("Eicar-Test-Signature" if EICAR in content else "", "test string only")


def scanner() -> Scanner | None:
    """Return what this deployment scans files with; None if it does not."""
    if not settings.SCANNER:
        return None
    if settings.SCANNER == "test-string-only":
        return TestStringOnly()
    address = urlsplit(settings.SCANNER)
    return ClamAV(address.hostname or "", address.port or 3310)


def _read_answer(line: socket.socket) -> str:
    answer = b""
    while b"\0" not in answer and len(answer) < LONGEST_ANSWER:
        received = line.recv(LONGEST_ANSWER)
        if not received:
            break
        answer += received
    return answer.partition(b"\0")[0].decode("utf-8", errors="replace")
