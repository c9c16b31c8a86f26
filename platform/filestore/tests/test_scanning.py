"""ClamAV's daemon is spoken to as clamd(8) says; whoever does not answer well has said nothing."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest

from filestore.scanning import EICAR, ClamAV, ScannerFailed, TestStringOnly, Verdict, scanner


@contextmanager
def daemon(answer: Callable[[bytes], bytes]) -> Iterator[tuple[str, int]]:
    """Listen as clamd does to INSTREAM, and answer once with what `answer` makes of the file."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _address = listening.accept()
            with line, line.makefile("rb") as heard:
                assert heard.read(10) == b"zINSTREAM\0"
                content = b""
                while length := struct.unpack("!L", heard.read(4))[0]:
                    content += heard.read(length)
                line.sendall(answer(content))

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()
        thread.join(timeout=20)


def clamd(content: bytes) -> bytes:
    return b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@pytest.mark.parametrize("size", [0, 10, 64 * 1024, 300_000])
def test_a_file_of_any_size_is_sent_whole_and_judged(size: int) -> None:
    with daemon(clamd) as address:
        assert ClamAV(*address).scan(bytes(size)) == Verdict("", "ClamAV")
    with daemon(clamd) as address:
        assert ClamAV(*address).scan(bytes(size) + EICAR) == Verdict("Eicar-Signature", "ClamAV")


@pytest.mark.parametrize(
    "said", [b"", b"\0", b"INSTREAM size limit exceeded. ERROR\0", b"stream: FOUND\0", b"stream: OK, perhaps\0"]
)
def test_an_answer_that_is_none_lets_nothing_through(said: bytes) -> None:
    with daemon(lambda _content: said) as address, pytest.raises(ScannerFailed):
        ClamAV(*address).scan(b"a file")


def test_a_scanner_that_is_not_there_has_not_spoken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = taken.getsockname()
    with pytest.raises(ScannerFailed):
        ClamAV(*address).scan(b"a file")


def test_the_setting_says_who_scans(settings: Any) -> None:
    settings.SCANNER = ""
    assert scanner() is None
    settings.SCANNER = "test-string-only"
    assert isinstance(scanner(), TestStringOnly)
    settings.SCANNER = "clamd://scanner:3311"
    found = scanner()
    assert isinstance(found, ClamAV)
    assert found.address == ("scanner", 3311)
