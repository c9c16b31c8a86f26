"""Sessions that are good on one host only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection
from django.utils import timezone

from identity.models import Session
from kernel.ids import new_id
from tenancy import TenantRef, tenant_in_use, use_platform

SEEN_EVERY = timedelta(minutes=5)  # how exactly we know when a session was last used, for one write in that time


class SessionStore(DatabaseStore):
    """Keeps sessions among the platform's tables, and finds a session only for the tenant it was made for."""

    def __init__(self, session_key: str | None = None, *, tenant_id: UUID | None = None) -> None:
        super().__init__(session_key)
        self.tenant_id = tenant_id
        self.ip, self.user_agent = "", ""
        self.last_seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def bind(self, tenant: TenantRef | None, *, ip: str, user_agent: str) -> None:
        """Say whose host this session belongs to, before it is first read, and who seems to be at the other end."""
        self.tenant_id = tenant.id if tenant else None
        self.ip, self.user_agent = ip[:45], user_agent[:200]

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        user_id = data.get("_auth_user_id")
        sign_in = data.setdefault("sign_in", str(new_id())) if user_id else None
        session: Any = super().create_model_instance(data)
        session.tenant_id = self.tenant_id
        session.user_id = UUID(user_id) if user_id else None
        session.sign_in = UUID(sign_in) if sign_in else None
        session.last_seen_at = timezone.now()
        session.ip, session.user_agent = self.ip, self.user_agent
        return cast("Session", session)

    def note_seen(self, *, at: datetime) -> None:
        """Write down, once in a while, that somebody uses this session, and from where."""
        if self.session_key is None or (self.last_seen_at and at - self.last_seen_at < SEEN_EVERY):
            return
        self.last_seen_at = at
        with use_platform():
            seen = Session.objects.filter(session_key=self.session_key)
            seen.update(last_seen_at=at, ip=self.ip, user_agent=self.user_agent)

    def _get_session_from_db(self) -> Any:
        with use_platform():
            session = super()._get_session_from_db()  # type: ignore[misc]
        if session is not None and session.tenant_id != self.tenant_id:
            self._session_key = None
            return None
        self.last_seen_at = session.last_seen_at if session is not None else None
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
