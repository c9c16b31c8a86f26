"""Statements of the bank over the wire: sent, their lines listed, and what each was."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from kernel.errors import Invalid
from kernel.money import Money
from modules.billing.api.invoices import visible
from modules.billing.models import BankLine, BankStatement, BankTable
from modules.billing.schemas.bank import (
    BankColumnsIn,
    BankConfirmationIn,
    BankFileOut,
    BankLineOut,
    BankLinesIn,
    BankReasonIn,
    BankStatementOut,
    BankTableOut,
)
from modules.billing.selectors import bank, note_listed
from modules.billing.services import Share
from modules.billing.services.bank import columns, deciding, keeping
from tenancy.requests import Request

router = Router()
STATEMENTS, LINE = "/bank/statements/", "/bank/lines/{uuid:bank_line_id}/"
TABLE = "/bank/tables/{uuid:bank_table_id}/"


@router.get(STATEMENTS, response=Page[BankStatementOut], summary="Statements of the bank, the latest first")
@endpoint("billing.bank")
def list_statements(request: Request, page: Query[PageIn]) -> dict[str, Any]:
    return page_of(BankStatement.objects.order_by("-until", "-at", "-pk"), page, BankStatementOut.of)


@router.post(STATEMENTS, response={201: BankFileOut}, summary="Send a statement of the bank")
@endpoint("billing.bank")
def send_statement(request: Request, file: File[UploadedFile]) -> Status[BankFileOut]:
    """camt.053, whose lines are kept at once; or a table, whose columns are said next. The same file is refused."""
    taken = keeping.take_in(name=file.name or "", content=file.read(), by=request.user, at=timezone.now())
    return Status(201, BankFileOut.of(taken))


@router.get(TABLE, response=BankTableOut, summary="A table whose columns are to be said")
@endpoint("billing.bank")
def show_table(request: Request, bank_table_id: UUID) -> BankTableOut:
    table = get_object_or_404(BankTable, pk=bank_table_id)
    return BankTableOut.of(table, columns.waiting(table))


@router.post(TABLE + "columns/", response={201: BankStatementOut}, summary="Say what the columns are")
@endpoint("billing.bank")
def keep_table(request: Request, bank_table_id: UUID, body: BankColumnsIn) -> Status[BankStatementOut]:
    """Its lines are kept, and it is remembered for the next table with the same headers."""
    table = get_object_or_404(BankTable, pk=bank_table_id)
    kept = columns.keep_table(table=table, wish=body.wish(), by=request.user, at=timezone.now())
    return Status(201, BankStatementOut.of(kept))


@router.delete(TABLE, response={204: None}, summary="Throw a table away that was not kept")
@endpoint("billing.bank")
def discard_table(request: Request, bank_table_id: UUID) -> Status[None]:
    columns.discard_table(table=get_object_or_404(BankTable, pk=bank_table_id), by=request.user)
    return Status(204, None)


@router.get("/bank/lines/", response=Page[BankLineOut], summary="Lines of the bank, with what they may have been")
@endpoint("billing.bank")
def list_lines(request: Request, page: Query[PageIn], wanted: Query[BankLinesIn]) -> dict[str, Any]:
    rows = bank.lines_of(state=wanted.state or "")
    if wanted.statement_id is not None:
        rows = rows.filter(statement=wanted.statement_id)
    found: dict[UUID, bank.Found] = {}

    def look(shown: list[BankLine]) -> None:
        found.update({each.line.pk: each for each in bank.found(shown)})
        note_listed(bank.seen_in(found.values()), by=request.user)

    return page_of(rows, page, lambda line: BankLineOut.of(found[line.pk]), seen=look)


@router.get(LINE, response=BankLineOut, summary="A line of the bank")
@endpoint("billing.bank")
def show_line(request: Request, bank_line_id: UUID) -> BankLineOut:
    return _shown(request, bank_line_id)


@router.post(LINE + "confirmation/", response={201: BankLineOut}, summary="Confirm what a line was")
@endpoint("billing.bank")
def confirm_line(request: Request, bank_line_id: UUID, body: BankConfirmationIn) -> Status[BankLineOut]:
    """It makes payments by bank transfer; what was recorded before is linked, and nothing is counted twice."""
    line, at = get_object_or_404(_lines(), pk=bank_line_id), timezone.now()
    if sum(map(bool, (body.key, body.shares, body.recorded))) != 1:
        raise Invalid(_("Name a proposal, or shares, or what was recorded before."))
    if body.key:
        deciding.confirm_proposal(line=line, key=body.key, by=request.user, at=at)
    elif body.shares:
        shares = [
            Share(invoice=visible(request, each.invoice_id), amount=Money.parse(each.amount, line.currency))
            for each in body.shares
        ]
        deciding.confirm_line(line=line, shares=shares, by=request.user, at=at)
    else:
        deciding.link_line(line=line, recorded=body.recorded, by=request.user, at=at)
    return Status(201, _shown(request, bank_line_id))


@router.delete(LINE + "confirmation/", response=BankLineOut, summary="Undo what a line was")
@endpoint("billing.bank")
def undo_confirmation(request: Request, bank_line_id: UUID) -> BankLineOut:
    """Payments that were made by confirming it are taken back; so is that it was left out. The line is open again."""
    line = get_object_or_404(_lines(), pk=bank_line_id)
    deciding.open_line_again(line=line, by=request.user, at=timezone.now())
    return _shown(request, bank_line_id)


@router.post(LINE + "leaving-out/", response={201: BankLineOut}, summary="Leave a line out")
@endpoint("billing.bank")
def ignore_line(request: Request, bank_line_id: UUID, body: BankReasonIn) -> Status[BankLineOut]:
    line = get_object_or_404(_lines(), pk=bank_line_id)
    deciding.ignore_line(line=line, reason=body.reason, by=request.user, at=timezone.now())
    return Status(201, _shown(request, bank_line_id))


@router.post(STATEMENTS + "{uuid:bank_statement_id}/confirmations/", response=int, summary="Confirm all sure ones")
@endpoint("billing.bank")
def confirm_sure_ones(request: Request, bank_statement_id: UUID) -> int:
    """Return how many lines were confirmed."""
    statement = get_object_or_404(BankStatement, pk=bank_statement_id)
    return deciding.confirm_sure_ones(statement=statement, by=request.user, at=timezone.now())


def _lines() -> QuerySet[BankLine]:
    return BankLine.objects.select_related("statement")


def _shown(request: Request, bank_line_id: UUID) -> BankLineOut:
    (found,) = bank.found([get_object_or_404(_lines(), pk=bank_line_id)])
    note_listed(bank.seen_in([found]), by=request.user)
    return BankLineOut.of(found)
