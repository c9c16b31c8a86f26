"""Tokens for programs that act for one person at one tenant."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.utils import timezone
from ninja import Router

from access import second_step
from httpapi.schemas import Schema
from httpapi.transactions import own_transaction
from identity import attempts, tokens
from identity.arrivals import arrive
from identity.second_step import SecondStepNeeded
from kernel import limits
from kernel.doors import open_door
from kernel.errors import DomainError
from tenancy import use_platform
from tenancy.requests import Request

router = Router(auth=None)


class TokenIn(Schema):
    username: str
    password: str
    otp: str = ""


class RefreshIn(Schema):
    refresh: str


class TokensOut(Schema):
    access: str
    refresh: str


class NotSignedIn(DomainError):
    """The credentials are not enough. An unknown address and a wrong password get the same words."""

    status = 401
    code = "credentials-not-good"


class SecondFactorNeeded(NotSignedIn):
    """The account asks for a code from the authenticator app as well."""

    code = "second-factor-needed"


class EmailNotVerified(NotSignedIn):
    """The link in the mail has not been used yet."""

    code = "email-not-verified"


@router.post("/", response=TokensOut, summary="Sign a program in")
@own_transaction
@open_door("it is how one signs in")
def create_token(request: Request, body: TokenIn) -> tokens.Tokens:
    limits.count("token", request.ip, at_most=300, seconds=60)
    with use_platform():
        user = _authenticate(request, body)
    arrive(user=user, tenant=request.tenant, at=timezone.now())
    if second_step.is_missing(user, request.tenant):
        raise SecondStepNeeded
    return tokens.issue_tokens(user=user, tenant_id=request.tenant.id, at=timezone.now(), caller=_caller(request))


@router.post("/refresh/", response=TokensOut, summary="Exchange a refresh token for a new pair")
@own_transaction
@open_door("the refresh token is the credential")
def refresh_token(request: Request, body: RefreshIn) -> tokens.Tokens:
    limits.count("token-refresh", request.ip, at_most=300, seconds=60)
    return tokens.renew_tokens(
        refresh=body.refresh, tenant_id=request.tenant.id, at=timezone.now(), caller=_caller(request)
    )


def _caller(request: Request) -> tokens.Caller:
    return tokens.Caller(ip=request.ip, user_agent=request.headers.get("User-Agent", ""))


def _authenticate(request: Request, body: TokenIn) -> Any:
    """Return the person, through allauth's own lock-out for repeated failures."""
    try:
        user = get_adapter(request).authenticate(request, email=body.username.strip().lower(), password=body.password)
    except ValidationError as error:
        if isinstance(error.__cause__, limits.TooMany):
            raise error.__cause__ from None
        raise NotSignedIn(" ".join(error.messages)) from None
    if user is None or not user.is_active:
        raise NotSignedIn("This e-mail and password do not belong together.")
    if not EmailAddress.objects.filter(user=user, verified=True).exists():
        raise EmailNotVerified("Confirm your e-mail first: the link is in your mail.")
    _check_second_factor(user, body.otp)
    return user


def _check_second_factor(user: Any, code: str) -> None:
    authenticators = list(Authenticator.objects.filter(user=user))
    if not authenticators:
        return
    if code:
        attempts.begin_code(user)
    asked = [each.wrap() for each in authenticators if each.type != Authenticator.Type.WEBAUTHN]  # that needs a browser
    if not any(each.validate_code(code) for each in asked if code):
        raise SecondFactorNeeded("This account asks for a code from the authenticator app: send it as `otp`.")
    attempts.note_code_was_right(user)
