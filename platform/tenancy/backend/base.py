"""Enters a tenant's room with its own database role and search path, in one round trip.

django-tenants only moves the search path. A qualified name, an injection or a forgotten path could still cross; under
the tenant's role, Postgres refuses.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.db.utils import DatabaseError
from django_tenants.postgresql_backend import base
from psycopg.pq import TransactionStatus

from tenancy.places import PLATFORM, Owner, Place, Platform, TenantChangedInTransaction, TenantRef

ENTER = (
    "SELECT set_config('role', %s, false), set_config('search_path', %s, false), set_config('atrium.origin', %s, false)"
)


class DatabaseWrapper(base.DatabaseWrapper):
    tenant: TenantRef | Platform | Owner
    search_path_set_schemas: list[str] | None
    _setting_search_path: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.origin = ""  # JSON of where the current request came from; audit rows take it from here
        super().__init__(*args, **kwargs)

    def set_schema_to_public(self) -> None:
        self.set_tenant(PLATFORM)

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:  # noqa: FBT001, FBT002 - the library's
        """Choose the place that the next statement runs in; nothing is sent yet."""
        if getattr(self, "tenant", None) == tenant:
            return
        self._refuse_inside_a_transaction()
        self.tenant = tenant
        self.schema_name = tenant.schema_name
        self.set_settings_schema(tenant.schema_name)
        self.search_path_set_schemas = None

    def set_origin(self, origin: str) -> None:
        """Remember where the request came from: JSON with `request_id`, `ip` and `user_agent`."""
        self.origin = origin
        self.search_path_set_schemas = None

    def _refuse_inside_a_transaction(self) -> None:
        # pytest-django wraps a test in a transaction of its own, inside which rooms may be changed.
        ours = [block for block in self.atomic_blocks if not getattr(block, "_from_testcase", False)]
        if ours:
            raise TenantChangedInTransaction("The tenant cannot change while a transaction is open.")

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Send the place to the server, unless the server is there already."""
        if self._setting_search_path or self.search_path_set_schemas:
            return
        self._setting_search_path = True
        own = cursor is None
        entering = self.connection.cursor() if own else cursor
        place: Place = self.tenant.place
        try:
            entering.execute(ENTER, [place.role, ",".join(f'"{name}"' for name in place.search_path), self.origin])
        except (DatabaseError, psycopg.Error):
            # In a transaction that has failed already, the next statement must be its rollback. Anywhere else,
            # going on would mean running a statement in the wrong room.
            if self.connection.info.transaction_status != TransactionStatus.INERROR:
                raise
        else:
            self.search_path_set_schemas = list(place.search_path)
        finally:
            self._setting_search_path = False
            if own:
                entering.close()
