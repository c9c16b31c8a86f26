"""Who someone is, on the whole platform."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower, Now
from rules.permissions import permissions

from kernel.ids import new_id


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make an account. The address counts as unverified until allauth has seen the link in the mail used."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A human with an e-mail address. Staff here, patient there: that is each tenant's to say."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField()
    name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=10, blank=True)
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    # Django's superuser would pass every check in every tenant. There is none, and guardian asks.
    is_superuser = False
    is_staff = False

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    def has_perm(self, permission: str, obj: Any = None) -> bool:
        """Test whether the person may do this in the tenant in use, to `obj` if one is given.

        Django's own backends are not asked: their groups and permissions would hold in every tenant. Raises
        `KeyError` for a permission that nobody declared.
        """
        return self.is_active and bool(permissions[permission].test(self, obj))

    @property
    def first_name(self) -> str:
        return self.name.partition(" ")[0]


class Session(AbstractBaseSession):
    """A session on one host. Its key opens nothing on any other: `tenant_id` is part of every look-up.

    `sign_in` is shared by the session on the platform's host and all those that were entered from it.
    """

    tenant_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    sign_in = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(null=True)
    ip = models.CharField(max_length=45, db_default="")
    user_agent = models.CharField(max_length=200, db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["user_id", "tenant_id"], name="session_of_user"),
            models.Index(fields=["sign_in"], name="session_of_sign_in"),
        ]

    @classmethod
    def get_session_store_class(cls) -> Any:
        from identity.sessions import SessionStore

        return SessionStore

    def save(self, *args: Any, force_update: bool = False, **kwargs: Any) -> None:
        """Keep what the session carries. Since when it is, and where it was last seen, is written elsewhere."""
        if force_update:
            kwargs["update_fields"] = ["session_data", "expire_date", "tenant_id", "user_id", "sign_in"]
        super().save(*args, force_update=force_update, **kwargs)


class HandOver(models.Model):
    """A one-time code that carries a signed-in person from the platform's host to a tenant's."""

    code_digest = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    tenant_id = models.UUIDField()
    state_digest = models.CharField(max_length=64)
    session_key = models.CharField(max_length=40, blank=True)  # of the platform's session
    sign_in = models.UUIDField(null=True)
    proved_at = models.DateTimeField(null=True)  # when they last gave their password, a code or a passkey
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class RefreshToken(models.Model):
    """A machine's right to new access tokens, for one person at one tenant."""

    digest = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    tenant_id = models.UUIDField()
    family = models.UUIDField(default=new_id)
    proved_at = models.DateTimeField(null=True)  # when the password was given that the family began with
    created_at = models.DateTimeField(db_default=Now())
    ip = models.CharField(max_length=45, db_default="")
    user_agent = models.CharField(max_length=200, db_default="")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "tenant_id"], name="token_of_user"),
            models.Index(fields=["family"], name="token_family"),
        ]


class AccountMail(models.Model):
    """A mail about an account that is not sent yet. Sealed: it holds an address, and often a link that opens it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sealed = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
