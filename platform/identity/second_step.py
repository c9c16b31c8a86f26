"""A second step at sign-in: who has one, and what becomes of those who must and have none."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.utils.translation import gettext as _

from kernel.errors import NotAllowed
from tenancy import use_platform

KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # codes on paper stand in for one, and are none
SECONDS = 30  # for how long an app shows the same digits


class SecondStepNeeded(NotAllowed):
    """This opens to people with a second step only. A page sends them to set one up."""

    code = "second-step-needed"

    def __init__(self) -> None:
        super().__init__(_("This opens with a second step at sign-in only. Set one up first: an app or a passkey."))


def require_second_step(user: Any) -> None:
    """Raise `SecondStepNeeded` if a password alone signs this person in."""
    if not who_have_one([user.pk]):
        raise SecondStepNeeded


def who_have_one(user_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these people whom a password alone does not sign in."""
    with use_platform():
        return set(Authenticator.objects.filter(user_id__in=user_ids, type__in=KINDS).values_list("user_id", flat=True))


def give_app(user: Any, *, secret: str) -> None:
    """Have somebody asked for the digits that an app shows with this secret. For demo data and tests."""
    with use_platform():
        if not Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists():
            TOTP.activate(user, secret)


def digits_now(secret: str) -> str:
    """Return the six digits that an app with this secret shows at this moment."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // SECONDS)))
