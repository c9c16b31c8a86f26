"""What this thread is busy with, a request or a job: so that logs and slow queries can name it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.urls import Resolver404, resolve

from tenancy import TenantRef, tenant_in_use
from tenancy.requests import Request

NO_ROUTE = "none"
PLATFORM_CLASS = "platform"


@dataclass(slots=True)
class Occasion(ABC):
    """`queries` and `query_seconds` grow while it goes on."""

    queries: int = field(default=0, init=False)
    query_seconds: float = field(default=0.0, init=False)

    @property
    @abstractmethod
    def id(self) -> str: ...

    @property
    @abstractmethod
    def name(self) -> str: ...

    @property
    @abstractmethod
    def tenant(self) -> TenantRef | None: ...

    @property
    def tenant_class(self) -> str:
        """The kind of business, for metrics: few values, and nobody in particular."""
        return self.tenant.vertical if self.tenant else PLATFORM_CLASS


@dataclass(slots=True)
class Visit(Occasion):
    """A request. Named after its route: the address itself may hold a secret."""

    request: Request

    @property
    def id(self) -> str:
        return self.request.id

    @property
    def name(self) -> str:
        return route_of(self.request)

    @property
    def tenant(self) -> TenantRef | None:
        return getattr(self.request, "tenant", None)


@dataclass(slots=True)
class Work(Occasion):
    """A job, named after its actor; its id is the one in the outbox."""

    job_id: str
    actor: str

    @property
    def id(self) -> str:
        return self.job_id

    @property
    def name(self) -> str:
        return self.actor

    @property
    def tenant(self) -> TenantRef | None:
        return tenant_in_use()


_current: ContextVar[Occasion | None] = ContextVar("occasion", default=None)


def current_occasion() -> Occasion | None:
    return _current.get()


@contextmanager
def during(occasion: Occasion) -> Iterator[Occasion]:
    token = _current.set(occasion)
    try:
        yield occasion
    finally:
        _current.reset(token)


def route_of(request: Any) -> str:
    """Return the pattern of the request's address, such as `patients/<uuid:patient_id>/`; "none" where there is none.

    Django resolves an address late; before that it is looked up here.
    """
    match = getattr(request, "resolver_match", None)
    if match is None:
        try:
            match = resolve(request.path_info, getattr(request, "urlconf", None))
        except Resolver404:
            return NO_ROUTE
    return str(match.route) or "/"
