"""Making accounts. Whether an address already has one is told to its mailbox only."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from identity.models import User
from kernel.errors import Invalid
from tenancy import use_platform


class PasswordTooWeak(Invalid):
    code = "password-too-weak"


def register_account(*, request: HttpRequest, email: str, password: str, name: str) -> None:
    """Make an account that waits for its e-mail to be confirmed, and send the link.

    If the address has an account already, its owner gets a mail saying so, and the caller learns nothing.
    Raises `PasswordTooWeak`.
    """
    check_password_strength(password, email=email, name=name)
    with use_platform():
        try:
            with transaction.atomic():
                address = make_account(email=email, password_hash=make_password(password), name=name)
        except IntegrityError:
            get_adapter(request).send_account_already_exists_mail(email)
            return
        send_verification_email_to_address(request, address, signup=True)


def make_account(*, email: str, password_hash: str, name: str) -> EmailAddress:
    """Return the unverified address of a new account. Raises `IntegrityError` if it has one. Call on the platform."""
    user = User.objects.create(email=email.strip().lower(), password=password_hash, name=name)
    address: EmailAddress = EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    return address


def check_password_strength(password: str, *, email: str, name: str) -> None:
    """Raise `PasswordTooWeak` with a sentence for each thing that is wrong."""
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise PasswordTooWeak(" ".join(error.messages), fields={"password": error.messages}) from None


def verified_emails_of(user: User) -> list[str]:
    """Return the addresses that are proved to be this person's."""
    with use_platform():
        return list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))
