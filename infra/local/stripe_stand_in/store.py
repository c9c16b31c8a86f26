"""What the stand-in remembers, in one SQLite file: a kill loses nothing that was answered."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from infra.local.stripe_stand_in.errors import missing

Json = dict[str, Any]

TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_of_kind ON objects (account, kind, seq);
CREATE TABLE IF NOT EXISTS answers (
    account TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER, body TEXT,
    PRIMARY KEY (account, key)
);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, url TEXT NOT NULL, secret TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due REAL, done_at REAL
);
"""


class Answer(NamedTuple):
    """The first answer under an idempotency key; `status` is None while it is being worked out."""

    fingerprint: str
    status: int | None
    body: Json


class Store:
    """Objects by account and id. Everything between `with store.change()` happens at once or not at all."""

    def __init__(self, file: Path | str) -> None:
        self.lock = threading.RLock()
        self.database = sqlite3.connect(str(file), check_same_thread=False, isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = NORMAL")
        self.database.executescript(TABLES)
        # A request that a kill cut short was never answered: its key is free again.
        self.database.execute("DELETE FROM answers WHERE status IS NULL")

    @contextmanager
    def change(self) -> Iterator[None]:
        with self.lock:
            self.database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.database.execute("ROLLBACK")
                raise
            self.database.execute("COMMIT")

    def make(self, account: str, prefix: str, kind: str, /, **fields: Any) -> Json:
        """Keep a new object under a random id."""
        identity = {"id": f"{prefix}_{secrets.token_hex(12)}", "object": kind}
        made = identity | {"created": int(time.time()), "livemode": False, "metadata": {}} | fields
        with self.lock:
            self.database.execute(
                "INSERT INTO objects (account, id, kind, body) VALUES (?, ?, ?, ?)",
                [account, made["id"], kind, json.dumps(made)],
            )
        return made

    def save(self, changed: Json) -> None:
        with self.lock:
            self.database.execute("UPDATE objects SET body = ? WHERE id = ?", [json.dumps(changed), changed["id"]])

    def get(self, account: str, kind: str, id_: str) -> Json:
        """Return an object of this account. Another account's is as unknown as one that never was."""
        rows = self._rows("SELECT body FROM objects WHERE account = ? AND kind = ? AND id = ?", account, kind, id_)
        if not rows:
            raise missing(kind, id_)
        return rows[0]

    def find(self, kind: str, id_: str) -> tuple[str, Json]:
        """Return an object with its account, whichever it is: a payer knows the address of a page and nothing else."""
        with self.lock:
            query = "SELECT account, body FROM objects WHERE kind = ? AND id = ?"
            row = self.database.execute(query, [kind, id_]).fetchone()
        if row is None:
            raise missing(kind, id_)
        return row[0], json.loads(row[1])

    def all(self, account: str, kind: str) -> list[Json]:
        """Return an account's objects of a kind, newest first."""
        return self._rows("SELECT body FROM objects WHERE account = ? AND kind = ? ORDER BY seq DESC", account, kind)

    def remove(self, account: str, id_: str) -> bool:
        with self.lock:
            query = "DELETE FROM objects WHERE account = ? AND id = ?"
            return self.database.execute(query, [account, id_]).rowcount == 1

    def claim_key(self, account: str, key: str, fingerprint: str) -> Answer | None:
        """Take an idempotency key; None if it was free, else what is known under it."""
        with self.change():
            query = "SELECT fingerprint, status, body FROM answers WHERE account = ? AND key = ?"
            row = self.database.execute(query, [account, key]).fetchone()
            if row is not None:
                return Answer(row[0], row[1], json.loads(row[2] or "{}"))
            insert = "INSERT INTO answers (account, key, fingerprint) VALUES (?, ?, ?)"
            self.database.execute(insert, [account, key, fingerprint])
            return None

    def keep_answer(self, account: str, key: str, status: int, body: Json) -> None:
        query = "UPDATE answers SET status = ?, body = ? WHERE account = ? AND key = ?"
        with self.lock:
            self.database.execute(query, [status, json.dumps(body), account, key])

    def free_key(self, account: str, key: str) -> None:
        with self.lock:
            self.database.execute("DELETE FROM answers WHERE account = ? AND key = ?", [account, key])

    def close(self) -> None:
        with self.lock:
            self.database.close()

    def _rows(self, query: str, *values: str) -> list[Json]:
        with self.lock:
            return [json.loads(row[0]) for row in self.database.execute(query, values)]
