"""Sensitive actions ask for a proof that is minutes old: the password, a code or a passkey, given once more.

    @page("tenants.manage_workspace")
    @recently_proved
    def erase(request): ...

Who has none is sent to prove it on the platform's host and comes back to the same page, by a hand-over if it is a
tenant's. A program asks for new tokens. Where it depends on what is asked for, a view calls `require_proof` itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.errors import DomainError
from tenancy.requests import Request

F = TypeVar("F", bound=Callable[..., Any])

GOOD_FOR = timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
PROVED_AT = "proved_at"  # where a tenant's session keeps the moment, as seconds since the epoch


class ProofNeeded(DomainError):
    """The session or token is good, but it was too long ago that somebody proved who they are (RFC 9470)."""

    status = 401
    code = "proof-needed"
    max_age = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    def __init__(self) -> None:
        super().__init__(
            _("For this, prove once more that it is you: sign in again, or ask for new tokens with the password.")
        )

    def extra(self) -> dict[str, object]:
        return {"max_age": self.max_age}


def recently_proved(view: F) -> F:
    """Ask for a recent proof before the view runs, whatever the method: a form is not filled in for nothing."""

    @wraps(view)
    def proved(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        require_proof(request)
        response: HttpResponse = view(request, *args, **kwargs)
        return response

    return cast("F", proved)


def require_proof(request: Request) -> None:
    """Raise `ProofNeeded` if it is too long ago that whoever asks proved who they are."""
    if not is_recent(proved_at(request), at=timezone.now()):
        raise ProofNeeded


def is_recent(moment: datetime | None, *, at: datetime) -> bool:
    return moment is not None and at - moment < GOOD_FOR


def proved_at(request: Request) -> datetime | None:
    """Return when whoever asks last gave a password, a code or a passkey."""
    if request.by_token:
        moment: datetime | None = request.token.proved_at if request.token else None
        return moment
    if request.tenant is not None:
        seconds = request.session.get(PROVED_AT)
    else:
        seconds = max((record["at"] for record in get_authentication_records(request, request.user)), default=None)
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None


def remember_proof(request: Request, moment: datetime | None) -> None:
    """Have the tenant's session know when the proof was given that it was handed over with."""
    if moment is None:
        request.session.pop(PROVED_AT, None)
    else:
        request.session[PROVED_AT] = moment.timestamp()


def way_to_prove(request: Request) -> str:
    """Return where to prove it, from where somebody comes back to the page that they were on."""
    query = {"next": _page_asked_from(request)}
    if request.tenant is not None:
        return f"/sign-in/?{urlencode({**query, 'prove': '1'})}"
    if not get_reauthentication_flows(request.user):  # nothing to ask for: they came from elsewhere
        sign_in_again = f"{reverse('account_login')}?{urlencode(query)}"
        return f"{reverse('account_logout')}?{urlencode({'next': sign_in_again})}"
    return f"{reverse('account_reauthenticate')}?{urlencode(query)}"


def _page_asked_from(request: Request) -> str:
    """Return the page itself, or for what a form sent, the page with the form."""
    if request.method in ("GET", "HEAD") and not request.htmx:
        return request.get_full_path()
    page = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    if page.path and page.netloc == request.get_host():
        return f"{page.path}?{page.query}" if page.query else page.path
    return request.get_full_path()
