"""Registering an account at a tenant, and asking who one is there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ninja import Router, Status
from pydantic import Field

from access.membership import membership_of
from httpapi.doors import signed_in_endpoint
from httpapi.fields import Email
from httpapi.schemas import Schema
from httpapi.transactions import own_transaction
from identity import accounts
from kernel import limits
from kernel.doors import open_door
from tenancy.requests import Request

router = Router()


class RegisterIn(Schema):
    email: Email
    password: str = Field(max_length=128)
    first_name: str = Field("", max_length=70)
    last_name: str = Field("", max_length=70)


class RegisteredOut(Schema):
    email: str
    detail: str


class MeOut(Schema):
    id: UUID
    email: str
    name: str
    role: str | None
    permissions: dict[str, str]


@router.post("/register/", auth=None, response={201: RegisteredOut}, summary="Register an account")
@own_transaction
@open_door("patients and clients sign themselves up")
def register(request: Request, body: RegisterIn) -> Status[Any]:
    limits.count("register", request.ip, at_most=60, seconds=3600)
    name = f"{body.first_name} {body.last_name}".strip()
    accounts.register_account(request=request, email=body.email, password=body.password, name=name)
    return Status(201, {"email": body.email, "detail": "Use the link in the mail to confirm this address."})


@router.get("/me/", response=MeOut, summary="Who am I here?")
@signed_in_endpoint("it tells people about themselves only")
def me(request: Request) -> dict[str, Any]:
    membership = membership_of(request.user)
    return {
        "id": request.user.pk,
        "email": request.user.email,
        "name": request.user.name,
        "role": membership.role if membership else None,
        "permissions": dict(membership.reaches) if membership else {},
    }
