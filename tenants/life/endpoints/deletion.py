"""The end of a workspace, at /api/deletion/."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ninja import Router, Status
from pydantic import Field

from httpapi.doors import endpoint
from httpapi.fields import Moment
from httpapi.schemas import Schema
from httpapi.transactions import own_transaction
from identity.proofs import require_proof
from kernel.errors import Invalid
from tenancy.requests import Request
from tenants.life import deleting

router = Router()


class WrongAddress(Invalid):
    code = "address-wrong"


class DeletionIn(Schema):
    reason: str = Field(min_length=1, max_length=500)
    subdomain: str = Field(max_length=63, description="The workspace's own, to be sure")


class DeletionOut(Schema):
    asked_at: Moment
    erase_at: Moment


@router.post("/", response={201: DeletionOut}, summary="Have the workspace deleted; it can be stopped for a month")
@own_transaction
@endpoint("tenants.delete_workspace")
def delete_workspace(request: Request, body: DeletionIn) -> Status[Any]:
    require_proof(request)
    if body.subdomain.strip().lower() != request.tenant.subdomain:
        raise WrongAddress(
            "That is not the address of this workspace.", fields={"subdomain": ["Not this workspace's."]}
        )
    made = deleting.delete_own(tenant=request.tenant, by=request.user, reason=body.reason, at=timezone.now())
    return Status(201, {"asked_at": made.asked_at, "erase_at": made.erase_at})
