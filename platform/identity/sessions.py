"""Sessions that are good on one host only."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection

from identity.models import Session
from tenancy import TenantRef, tenant_in_use, use_platform


class SessionStore(DatabaseStore):
    """Keeps sessions among the platform's tables, and finds a session only for the tenant it was made for."""

    def __init__(self, session_key: str | None = None, *, tenant_id: UUID | None = None) -> None:
        super().__init__(session_key)
        self.tenant_id = tenant_id

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def bind(self, tenant: TenantRef | None) -> None:
        """Say whose host this session belongs to, before it is first read."""
        self.tenant_id = tenant.id if tenant else None

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = cast("Session", super().create_model_instance(data))
        session.tenant_id = self.tenant_id
        session.user_id = UUID(data["_auth_user_id"]) if data.get("_auth_user_id") else None
        return session

    def _get_session_from_db(self) -> Any:
        with use_platform():
            session = super()._get_session_from_db()  # type: ignore[misc]
        if session is not None and session.tenant_id != self.tenant_id:
            self._session_key = None
            return None
        return session

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        if connection.in_atomic_block and tenant_in_use():
            # A transaction of the tenant is open, and sessions are the platform's. The middleware saves on the way out.
            self.modified = True
            return
        with use_platform():
            super().save(must_create)

    def exists(self, session_key: str) -> bool:
        with use_platform():
            return super().exists(session_key)

    def delete(self, session_key: str | None = None) -> None:
        with use_platform():
            super().delete(session_key)
