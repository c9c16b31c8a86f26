"""The places a connection can be in, and how code moves between them.

    with tenancy.use(tenant): ...        # the tenant's own tables, as the tenant's own database role
    with tenancy.use_platform(): ...     # the platform's tables, as the platform's role
    with tenancy.use_cell(): ...         # the few tables that the platform keeps beside the tenants: their outbox
    with tenancy.use_owner(): ...        # DDL: migrations and the opening of tenants

django-tenants' `with tenant:` restores the wrong tenant under threads (its memory is a class attribute), so it is
banned; a test sees to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast
from uuid import UUID

from django.conf import settings
from django.db import connection

from tenancy.databases import CELL, CONTROL, is_split

if TYPE_CHECKING:
    from tenancy.backend.base import DatabaseWrapper

PUBLIC = "public"
Way = Callable[[], AbstractContextManager[None]]


class Place(NamedTuple):
    """A database role ("none" is the login role, which owns everything) and the schemas that names are looked up in."""

    role: str
    search_path: tuple[str, ...]
    database: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRef:
    """What every request and job needs to know of its tenant, without a query."""

    id: UUID
    schema_name: str
    name: str
    subdomain: str
    custom_domain: str = ""  # a name of their own, if that is the address they chose to be known by
    state: str
    vertical: str
    time_zone: str
    currency: str
    language: str
    modules: frozenset[str] = frozenset()
    words: dict[str, str] = field(default_factory=dict, hash=False)
    brand_hue: int = 222
    brand_chroma: float = 0.09
    second_step_for: str = "nobody"  # access.second_step.AskedOf
    sealed_key: str = field(default="", repr=False)  # wrapped; privacy.keys unwraps it

    @property
    def primary_name(self) -> str:
        """The name that links use and all others lead to: without a dot, it is a subdomain of ours."""
        return self.custom_domain or self.subdomain

    @property
    def is_open(self) -> bool:
        """Test whether people and jobs may enter."""
        return self.state == "active"

    @property
    def place(self) -> Place:
        return Place(self.schema_name, (self.schema_name, PUBLIC), CELL)


@dataclass(frozen=True, slots=True)
class Platform:
    """Stands where a tenant would when none is in use; django-tenants asks it for its schema's name."""

    schema_name: str = PUBLIC
    modules: frozenset[str] = frozenset()
    database: str = CONTROL

    @property
    def place(self) -> Place:
        return Place(settings.DATABASE_PLATFORM_ROLE, (PUBLIC,), self.database)


@dataclass(frozen=True, slots=True)
class Owner:
    """The role that owns every table, in one schema. For DDL only: nothing limits what it may do."""

    schema_name: str
    database: str
    modules: frozenset[str] = frozenset()

    @property
    def place(self) -> Place:
        path = (self.schema_name,) if self.schema_name == PUBLIC else (self.schema_name, PUBLIC)
        return Place("none", path, self.database)


PLATFORM = Platform()


@contextmanager
def use(tenant: TenantRef) -> Iterator[TenantRef]:
    """Be in the tenant's room until the block ends. Raises `TenantChangedInTransaction` inside a transaction."""
    with _in(tenant):
        yield tenant


@contextmanager
def use_platform() -> Iterator[None]:
    """Be among the platform's own tables until the block ends."""
    with _in(PLATFORM):
        yield


@contextmanager
def use_cell() -> Iterator[None]:
    """Be the platform where the tenants are kept, until the block ends: among the outbox, and what they all share."""
    with _in(Platform(database=CELL) if is_split() else PLATFORM):
        yield


@contextmanager
def use_owner(schema_name: str = PUBLIC, *, in_cell: bool = False) -> Iterator[None]:
    """Be the owner of `schema_name`, to change its structure, until the block ends.

    A tenant's schema is found where it is kept. `public` is the platform's, or the cell's own if `in_cell`.
    """
    with _in(Owner(schema_name, CELL if in_cell or schema_name != PUBLIC else CONTROL)):
        yield


def everywhere() -> tuple[Way, ...]:
    """Return the ways into every database there is, as the platform: for what has to be done in each."""
    return (use_platform, use_cell) if is_split() else (use_platform,)


@contextmanager
def _in(place: TenantRef | Platform | Owner) -> Iterator[None]:
    database = this_connection()
    before = database.tenant
    database.set_tenant(place)
    try:
        yield
    finally:
        database.set_tenant(before)


@contextmanager
def coming_from(**origin: str) -> Iterator[None]:
    """Have what is written until the block ends say where it came from: a job, and which."""
    database = this_connection()
    before = database.origin
    database.set_origin(json.dumps(origin))
    try:
        yield
    finally:
        database.set_origin(before)


def also_from(**origin: str) -> None:
    """Say more about where what is written comes from, such as who asks, for as long as the origin stands."""
    database = this_connection()
    database.set_origin(json.dumps(json.loads(database.origin or "{}") | origin))


def this_connection() -> DatabaseWrapper:
    """Return this thread's connection, as the engine that it is."""
    return cast("DatabaseWrapper", connection)


def tenant_in_use() -> TenantRef | None:
    """Return the tenant in use, or None on the platform's own pages and jobs."""
    tenant = this_connection().tenant
    return tenant if isinstance(tenant, TenantRef) else None


def current_tenant() -> TenantRef:
    """Return the tenant in use. Raises `NoTenant` on the platform's own pages and jobs."""
    tenant = tenant_in_use()
    if tenant is None:
        raise NoTenant("No tenant is in use here.")
    return tenant


class NoTenant(RuntimeError):
    """Code that belongs in a tenant's room ran outside of any."""


class TenantChangedInTransaction(RuntimeError):
    """A transaction tried to span two rooms. It could never be moved to another cluster, nor rolled back as one."""
