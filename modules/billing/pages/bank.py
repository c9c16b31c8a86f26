"""The bank's statements: sent, and looked through line by line until nothing is open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kernel.errors import DomainError
from kernel.ids import is_id
from modules.billing import selectors
from modules.billing.domain.bank.lines import ReadLine
from modules.billing.forms.bank import REASONS, ColumnsForm, FindForm, IgnoreForm, ShareForm, StatementForm
from modules.billing.models import BankLine, BankStatement, BankTable, Invoice, LineState
from modules.billing.selectors import bank
from modules.billing.selectors.settling import owed_by_client_of
from modules.billing.services.bank import columns, deciding, keeping
from modules.billing.services.bank.refusals import StatementInvalid
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried

PER_PAGE = 50
MOST_OFFERED = 20
ANY_ACCOUNT = "0"  # to look at lines before somebody says whose account it is
FILTERS = (
    ("", gettext_lazy("All")),
    (LineState.OPEN.value, LineState.OPEN.label),
    (LineState.MATCHED.value, LineState.MATCHED.label),
    (LineState.IGNORED.value, LineState.IGNORED.label),
)


@page("billing.bank")
def statements(request: Request) -> HttpResponse:
    """All statements, the latest first, and a place to send one more."""
    form = StatementForm(request.POST or None, request.FILES or None)
    taken: list[keeping.Taken] = []
    status = tried(form, lambda: taken.append(_taken(request, form)))
    if not status:
        return _onward(request, taken[0])
    listed = Paginator(bank.statements(), PER_PAGE).get_page(request.GET.get("page"))
    waiting = BankTable.objects.order_by("-at")
    return render(
        request, "billing/bank/statements.html", {"form": form, "statements": listed, "waiting": waiting}, status=status
    )


@page("billing.bank")
def statement(request: Request, bank_statement_id: UUID) -> HttpResponse:
    """The lines of a statement, with what they may have been."""
    found = get_object_or_404(bank.statements(), pk=bank_statement_id)
    return _lines(request, found)


@page("billing.bank")
def table(request: Request, bank_table_id: UUID) -> HttpResponse:
    """Say what the columns of a table are; look how its first rows are read by that; keep its lines."""
    waits = get_object_or_404(BankTable, pk=bank_table_id)
    waiting = columns.waiting(waits)
    form = ColumnsForm(request.POST or None, waiting=waiting)
    kept: list[BankStatement] = []
    seen: list[ReadLine] = []

    def do() -> None:
        wish = form.wished()
        seen.extend(columns.preview(table=waits, wish=wish, on=timezone.localdate()))
        if "keep" in request.POST:
            kept.append(columns.keep_table(table=waits, wish=wish, by=request.user, at=timezone.now()))

    status = tried(form, do)
    if kept:
        return _onward(request, keeping.Taken(statements=kept))
    if not form.is_bound:
        seen = _as_suggested(waits, waiting)
    context = {"form": form, "table": waits, "waiting": waiting, "preview": seen}
    return render(request, "billing/bank/table.html", context, status=status or 200)


@action("billing.bank")
def discard(request: Request, bank_table_id: UUID) -> HttpResponse:
    columns.discard_table(table=get_object_or_404(BankTable, pk=bank_table_id), by=request.user)
    messages.success(request, _("Thrown away. Nothing of it was kept."))
    return redirect("billing:bank")


@action("billing.bank")
def confirm_all(request: Request, bank_statement_id: UUID) -> HttpResponse:
    found = get_object_or_404(BankStatement, pk=bank_statement_id)
    n = deciding.confirm_sure_ones(statement=found, by=request.user, at=timezone.now())
    said = ngettext("One line is confirmed.", "%(n)d lines are confirmed.", n) % {"n": n}
    messages.success(request, said)
    return redirect("billing:bank_statement", bank_statement_id=found.pk)


@action("billing.bank")
def confirm(request: Request, bank_line_id: UUID) -> HttpResponse:
    """Confirm what is proposed for a line. A refusal is said above the page: there is nothing to type again."""
    line = _line(bank_line_id)
    key = request.POST.get("proposal", "")
    return _said(
        request,
        line,
        lambda: deciding.confirm_proposal(line=line, key=key, by=request.user, at=timezone.now()),
        done=_("Confirmed."),
    )


@action("billing.bank")
def ignore(request: Request, bank_line_id: UUID) -> HttpResponse:
    line, form = _line(bank_line_id), IgnoreForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why this line is left out."))
        return _back(line)
    reason = form.cleaned_data["reason"]
    return _said(
        request,
        line,
        lambda: deciding.ignore_line(line=line, reason=reason, by=request.user, at=timezone.now()),
        done=_("Left out."),
    )


@action("billing.bank")
def reopen(request: Request, bank_line_id: UUID) -> HttpResponse:
    """Take back what was decided on a line, with the payments that were made of it."""
    line = _line(bank_line_id)
    return _said(
        request,
        line,
        lambda: deciding.open_line_again(line=line, by=request.user, at=timezone.now()),
        done=_("The line is open again."),
    )


@page("billing.bank")
def choose(request: Request, bank_line_id: UUID) -> HttpResponse:
    """Find the invoices that a line pays, and share it out over those of one client."""
    line = _line(bank_line_id)
    owed, first = _offered(request)
    form = ShareForm(request.POST or None, owed=owed, amount=line.amount, first=first)
    status = tried(
        form,
        lambda: deciding.confirm_line(line=line, shares=form.shares(), by=request.user, at=timezone.now()),
    )
    if not status:
        messages.success(request, _("Confirmed, and shared out over the invoices."))
        return _back(line)
    search = request.GET.get("q", "")
    listed = _searched(request, search) if first is None else []
    selectors.note_listed([*owed, *listed], by=request.user)
    context = {
        "line": line,
        "statement": line.statement,
        "form": form,
        "first": first,
        "find": FindForm(initial={"q": search}),
        "search": search,
        "listed": listed,
        "reasons": REASONS,
    }
    return render(request, "billing/bank/choose.html", context, status=status)


def _taken(request: Request, form: StatementForm) -> keeping.Taken:
    file = form.cleaned_data["file"]
    return keeping.take_in(name=file.name or "", content=file.read(), by=request.user, at=timezone.now())


def _as_suggested(table: BankTable, waiting: columns.Waiting) -> list[ReadLine]:
    """Return the first lines as they are most likely meant; none, as long as something has to be said first."""
    try:
        wish = replace(waiting.suggested, account=waiting.suggested.account or ANY_ACCOUNT)
        return columns.preview(table=table, wish=wish, on=timezone.localdate())
    except StatementInvalid:
        return []


def _onward(request: Request, taken: keeping.Taken) -> HttpResponse:
    if taken.table is not None:
        return redirect("billing:bank_table", bank_table_id=taken.table.pk)
    known = sum(each.known_before for each in taken.statements)
    if known:
        said = ngettext(
            "One line was there before, and was not kept twice.",
            "%(n)d lines were there before, and were not kept twice.",
            known,
        )
        messages.info(request, said % {"n": known})
    if len(taken.statements) > 1:
        return redirect("billing:bank")
    return redirect("billing:bank_statement", bank_statement_id=taken.statements[0].pk)


def _lines(request: Request, statement: Any) -> HttpResponse:
    shown = request.GET.get("show", "")
    listed = Paginator(bank.lines_of(statement, state=shown), PER_PAGE).get_page(request.GET.get("page"))
    rows = bank.found(listed, alike=bank.lines_of(statement, state=LineState.OPEN))
    selectors.note_listed(bank.seen_in(rows), by=request.user)
    context = {
        "statement": statement,
        "rows": rows,
        "listed": listed,
        "show": shown if shown in LineState.values else "",
        "filters": FILTERS,
        "reasons": REASONS,
        "sure": sum(each.sure is not None for each in rows),
    }
    return render(request, "billing/bank/statement.html", context)


def _offered(request: Request) -> tuple[list[Invoice], Invoice | None]:
    """Return what the client owes whose invoice was chosen, that one first; nothing before one is chosen."""
    wanted = request.GET.get("invoice", "")
    rows = Invoice.objects.visible_to(request.user).to_be_paid().select_related("client", "patient")
    first = rows.filter(pk=wanted).first() if is_id(wanted) else None
    if first is None:
        return [], None
    return [first, *owed_by_client_of(first, seen_by=request.user)], first


def _searched(request: Request, search: str) -> list[Invoice]:
    rows = Invoice.objects.visible_to(request.user).to_be_paid().filter(currency=request.tenant.currency)
    found = selectors.matching(rows, search).select_related("client", "patient").order_by("due_date", "pk")
    return list(found[:MOST_OFFERED])


def _said(request: Request, line: BankLine, do: Any, *, done: str) -> HttpResponse:
    try:
        do()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return _back(line)


def _back(line: BankLine) -> HttpResponse:
    response = redirect("billing:bank_statement", bank_statement_id=line.statement_id)
    response["Location"] += f"#line-{line.pk}"
    return response


def _line(bank_line_id: UUID) -> BankLine:
    return get_object_or_404(BankLine.objects.select_related("statement"), pk=bank_line_id)
