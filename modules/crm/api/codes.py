"""Lists of codes: sent, checked, used; and the codes that are meant by what somebody types."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import get_language
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.crm.models import CodeList
from modules.crm.schemas.codes import CodeListIn, CodeListOut, CodeOut, CodesOut
from modules.crm.selectors.codes import find_codes
from modules.crm.services import codes
from tenancy.requests import Request

router = Router()
AT, ONE = "/code-lists/", "/code-lists/{uuid:code_list_id}/"


@router.get("/codes/", response=CodesOut, summary="The codes that are meant by what is typed")
@endpoint("crm.manage_episode")
def search_codes(request: Request, text: str) -> CodesOut:
    """By the code, or by words with typos, of all lists in use; the likeliest first, at most twenty."""
    language = get_language() or ""
    return CodesOut(items=[CodeOut.of(code, language) for code in find_codes(text)])


@router.get(AT, response=Page[CodeListOut], summary="Versions of code lists, the latest first")
@endpoint("crm.manage_code_lists")
def list_code_lists(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(CodeList.objects.select_related("system").order_by("-created_at", "-pk"), page, CodeListOut.of)


@router.post(AT, response={201: CodeListOut}, summary="Send a version of a code list")
@endpoint("crm.manage_code_lists")
def send_code_list(request: Request, about: Form[CodeListIn], file: File[UploadedFile]) -> Status[CodeListOut]:
    """CSV, TSV or a spreadsheet with columns `code` and `display`, and if there are any `synonyms` (with | between) and
    `language`. It is checked by and by; nothing is used by that."""
    sent = codes.send_code_list(
        details=about.details(), file_name=file.name or "", content=file.read(), by=request.user, at=timezone.now()
    )
    return Status(201, CodeListOut.of(sent))


@router.get(ONE, response=CodeListOut, summary="How far a code list is, and its mistakes")
@endpoint("crm.manage_code_lists")
def show_code_list(request: Request, code_list_id: UUID) -> CodeListOut:
    return CodeListOut.of(_found(code_list_id))


@router.post(ONE + "use/", response=CodeListOut, summary="Use a version instead of the one before")
@endpoint("crm.manage_code_lists")
def use_code_list(request: Request, code_list_id: UUID) -> CodeListOut:
    """It is loaded by and by, all of it at once. Diagnoses keep what they were called."""
    return CodeListOut.of(codes.begin_loading(code_list=_found(code_list_id), by=request.user))


@router.delete(ONE, response={204: None}, summary="Throw away a list that is not used")
@endpoint("crm.manage_code_lists")
def discard_code_list(request: Request, code_list_id: UUID) -> Status[None]:
    codes.discard_code_list(code_list=_found(code_list_id), by=request.user)
    return Status(204, None)


def _found(code_list_id: UUID) -> CodeList:
    return get_object_or_404(CodeList.objects.select_related("system", "file"), pk=code_list_id)
