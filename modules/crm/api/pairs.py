"""Records that may be of one person, over the wire."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.crm import services
from modules.crm.models import DuplicatePair, Patient
from modules.crm.schemas.pairs import AnsweredIn, PairOut, PairsIn
from modules.crm.selectors.duplicates import sees_sealed
from tenancy.requests import Request

router = Router()


@router.get("/pairs/", response=Page[PairOut], summary="Who may be here twice")
@endpoint("crm.merge_patients")
def list_pairs(request: Request, asked: Query[PairsIn], page: Query[PageIn]) -> dict[str, Any]:
    """The likeliest first; with `answered`, those of whom somebody said that they are two."""
    sealed_too = sees_sealed(request.user)
    rows = _seen(request).told_apart() if asked.answered else _seen(request).waiting(sealed_too=sealed_too)
    return page_of(
        rows, page, lambda pair: PairOut.of(pair, sealed_too=sealed_too), seen=lambda pairs: _note(request, pairs)
    )


@router.put("/pairs/{uuid:pair_id}/difference/", response=PairOut, summary="Say that two records are two people")
@endpoint("crm.merge_patients")
def tell_apart(request: Request, pair_id: UUID, body: AnsweredIn) -> PairOut:
    """They are not suggested again, unless another reason appears. 409 if one has since you looked."""
    pair = get_object_or_404(_seen(request), pk=pair_id)
    done = services.tell_apart(pair=pair, seen=body.reasons, by=request.user, at=timezone.now())
    return PairOut.of(done, sealed_too=sees_sealed(request.user))


@router.delete("/pairs/{uuid:pair_id}/difference/", response=PairOut, summary="Ask again whether they are one")
@endpoint("crm.merge_patients")
def ask_again(request: Request, pair_id: UUID) -> PairOut:
    pair = get_object_or_404(_seen(request), pk=pair_id)
    return PairOut.of(services.ask_again(pair=pair, by=request.user), sealed_too=sees_sealed(request.user))


def _seen(request: Request) -> Any:
    return DuplicatePair.objects.of_records_seen_by(request.user).select_related("one", "other")


def _note(request: Request, pairs: list[DuplicatePair]) -> None:
    subjects = [each for pair in pairs for each in (pair.one_id, pair.other_id)]
    audit.listed(what=Patient, subjects=subjects, by=request.user)
