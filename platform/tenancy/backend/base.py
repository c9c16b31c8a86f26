"""Enters a tenant's room with its own database role and search path, in one round trip.

django-tenants only moves the search path. A qualified name, an injection or a forgotten path could still cross; under
the tenant's role, Postgres refuses. Where tenants are kept in a database of their own, entering also swaps the
connection: nobody else has to know that there are two.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, ClassVar

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql.base import Cursor
from django.db.utils import DatabaseError
from django_tenants.postgresql_backend import base
from psycopg.pq import TransactionStatus

from tenancy import poolers
from tenancy.databases import CELL, CONTROL, is_split, settings_of
from tenancy.places import PLATFORM, Owner, Place, Platform, TenantChangedInTransaction, TenantRef

ENTER = (
    "SELECT set_config('role', %s, false), set_config('search_path', %s, false), set_config('atrium.origin', %s, false)"
)
# What Django's wrapper remembers of an open connection and of the transaction on it: each database has its own.
OF_ONE_CONNECTION = (
    "atomic_blocks",
    "autocommit",
    "close_at",
    "closed_in_transaction",
    "commit_on_exit",
    "connection",
    "errors_occurred",
    "health_check_done",
    "health_check_enabled",
    "in_atomic_block",
    "needs_rollback",
    "rollback_exc",
    "run_commit_hooks_on_set_autocommit_on",
    "run_on_commit",
    "savepoint_ids",
    "savepoint_state",
    "search_path_set_schemas",
    "settings_dict",
    "_setting_search_path",
)


class RoomCursor(Cursor):
    """Sends one statement at a time, but for the owner: what was injected cannot put `; RESET ROLE;` in between."""

    may_send_several = False

    def _execute_send(self, query: Any, *, force_extended: bool = False, binary: bool | None = None) -> None:
        # The extended protocol takes one statement; with the simple one Postgres runs all that it finds.
        extended = force_extended or not self.may_send_several
        super()._execute_send(query, force_extended=extended, binary=binary)  # type: ignore[misc]  # not in the stubs


class DatabaseWrapper(base.DatabaseWrapper):
    tenant: TenantRef | Platform | Owner
    search_path_set_schemas: tuple[Place, str] | None  # what the server was told last; forgotten with a rollback
    _setting_search_path: bool
    _pools: ClassVar[dict[str, dict[str, Any]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.origin = ""  # JSON of where the current request came from; audit rows take it from here
        self.database = CONTROL
        super().__init__(*args, **kwargs)
        self._set_aside: dict[str, dict[str, Any]] = {}
        if is_split():
            unused = {name: copy(getattr(self, name)) for name in OF_ONE_CONNECTION}
            self._set_aside[CELL] = unused | {"settings_dict": settings_of(CELL)}

    @property
    def _connection_pools(self) -> dict[str, Any]:
        """Keep a pool for each database. Django's own dictionary has one for each alias."""
        return self._pools.setdefault(self.database, {})

    def get_connection_params(self) -> dict[str, Any]:
        return super().get_connection_params() | {"cursor_factory": RoomCursor}

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = super().create_cursor(name)
        if name is None:
            cursor.may_send_several = isinstance(self.tenant, Owner)
        return cursor

    def connect(self) -> None:
        if self.alias == CELL:
            raise ImproperlyConfigured("The cell is entered by tenancy.use(tenant), never by its alias.")
        poolers.check_once(self.database, self.get_connection_params())
        super().connect()

    def set_schema_to_public(self) -> None:
        self.set_tenant(PLATFORM)

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:  # noqa: FBT001, FBT002 - the library's
        """Choose the place that the next statement runs in; nothing is sent yet."""
        if getattr(self, "tenant", None) == tenant:
            return
        self._refuse_inside_a_transaction()
        self.tenant = tenant
        self.schema_name = tenant.schema_name
        self._wanted = (tenant.place, self.origin)
        self._turn_to(tenant.place.database if is_split() else CONTROL)

    def set_origin(self, origin: str) -> None:
        """Remember where the request came from: JSON with `request_id`, `ip` and `user_agent`."""
        self.origin = origin
        self._wanted = (self.tenant.place, origin)

    def close(self) -> None:
        self._in_each_database(super().close)

    def close_if_unusable_or_obsolete(self) -> None:
        self._in_each_database(super().close_if_unusable_or_obsolete)

    def _turn_to(self, database: str) -> None:
        """Set the connection in use aside, with the transaction on it, and take up the one to `database`."""
        if database == self.database:
            return
        self._set_aside[self.database] = {name: getattr(self, name) for name in OF_ONE_CONNECTION}
        self.__dict__.update(self._set_aside.pop(database))
        self.database = database

    def _in_each_database(self, act: Callable[[], None]) -> None:
        here = self.database
        try:
            for database in (here, *self._set_aside):
                self._turn_to(database)
                act()
        finally:
            self._turn_to(here)

    def _refuse_inside_a_transaction(self) -> None:
        # pytest-django wraps a test in a transaction of its own, inside which rooms may be changed.
        ours = [block for block in self.atomic_blocks if not getattr(block, "_from_testcase", False)]
        if ours:
            raise TenantChangedInTransaction("The tenant cannot change while a transaction is open.")

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Send the place to the server, unless the server is there already."""
        if self._setting_search_path or self.search_path_set_schemas == self._wanted:
            return
        self._setting_search_path = True
        own = cursor is None
        entering = self.connection.cursor() if own else cursor
        place, origin = self._wanted
        try:
            entering.execute(ENTER, [place.role, ",".join(f'"{name}"' for name in place.search_path), origin])
        except (DatabaseError, psycopg.Error):
            # In a transaction that has failed already, the next statement must be its rollback. Anywhere else,
            # going on would mean running a statement in the wrong room.
            if self.connection.info.transaction_status != TransactionStatus.INERROR:
                raise
        else:
            self.search_path_set_schemas = self._wanted
        finally:
            self._setting_search_path = False
            if own:
                entering.close()
