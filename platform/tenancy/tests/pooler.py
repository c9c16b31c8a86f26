"""A small pooler between psycopg and the tests' server: many clients, few sessions, as PgBouncer does it."""

from __future__ import annotations

import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import connection

ASKS_FOR_ENCRYPTION = {80877103, 80877104}
VERSION_3 = 196608


class Line:
    """One end of a conversation in Postgres' protocol."""

    def __init__(self, made: socket.socket) -> None:
        self.socket, self.file = made, made.makefile("rb")

    def read(self) -> bytes:
        """Return one message whole: its kind, its length, what it says."""
        head = self.file.read(5)
        if len(head) < 5:
            raise EOFError
        return head + self.file.read(struct.unpack("!I", head[1:])[0] - 4)

    def read_start(self) -> tuple[int, bytes]:
        length, code = struct.unpack("!II", self.file.read(8))
        return code, self.file.read(length - 8)

    def read_until_ready(self) -> tuple[bytes, bool]:
        """Return an answer up to where the next question may come, and whether no transaction is open then."""
        said = b""
        while True:
            message = self.read()
            said += message
            if message[:1] == b"Z":
                return said, message[5:6] == b"I"


class Pooler:
    """Gives each transaction a free session: the one used last, or the one that was not used for longest.

    With `per_client`, as in session mode, a client keeps the session it got.
    """

    def __init__(self, *, sessions: int, takes_turns: bool, per_client: bool) -> None:
        self.takes_turns, self.per_client = takes_turns, per_client
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.greeting = b""
        self.free = deque(self._session() for _ in range(sessions))
        self.change = threading.Condition()
        threading.Thread(target=self._answer, daemon=True).start()

    def _session(self) -> Line:
        address = connection.settings_dict
        made = socket.socket(socket.AF_UNIX)
        made.connect(str(Path(address["HOST"]) / ".s.PGSQL.5432"))
        names = f"user\0{address['USER']}\0database\0{address['NAME']}\0\0".encode()
        made.sendall(struct.pack("!II", len(names) + 8, VERSION_3) + names)
        line = Line(made)
        self.greeting, _ = line.read_until_ready()
        return line

    def _answer(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listening.accept()
                threading.Thread(target=self._serve, args=[Line(client)], daemon=True).start()

    def _serve(self, client: Line) -> None:
        held: Line | None = None
        try:
            while client.read_start()[0] in ASKS_FOR_ENCRYPTION:
                client.socket.sendall(b"N")
            client.socket.sendall(self.greeting)
            while (question := self._question(client)) is not None:
                held = held or self._take()
                held.socket.sendall(question)
                answer, is_idle = held.read_until_ready()
                if is_idle and not self.per_client:
                    self._give_back(held)
                    held = None
                client.socket.sendall(answer)
        except (OSError, EOFError):
            pass
        finally:
            if held is not None:
                self._give_back(held)
            client.socket.close()

    def _question(self, client: Line) -> bytes | None:
        said = b""
        while True:
            message = client.read()
            if message[:1] == b"X":
                return None
            said += message
            if message[:1] in (b"Q", b"S"):
                return said

    def _take(self) -> Line:
        with self.change:
            self.change.wait_for(lambda: self.free)
            return self.free.popleft() if self.takes_turns else self.free.pop()

    def _give_back(self, session: Line) -> None:
        with self.change:
            self.free.append(session)
            self.change.notify()

    def end(self) -> None:
        self.listening.close()
        for session in list(self.free):
            session.file.close()
            session.socket.close()


@contextmanager
def pooler(*, sessions: int = 2, takes_turns: bool = False, per_client: bool = False) -> Iterator[dict[str, object]]:
    """Yield the address of a pooler in front of the database in use, for psycopg."""
    made = Pooler(sessions=sessions, takes_turns=takes_turns, per_client=per_client)
    address = connection.settings_dict
    try:
        yield {"host": "127.0.0.1", "port": made.port, "user": address["USER"], "dbname": address["NAME"]}
    finally:
        made.end()
