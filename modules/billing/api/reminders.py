"""Reminders of overdue invoices, over the wire."""

from __future__ import annotations

from typing import Any

from ninja import Query, Router

from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.billing import services
from modules.billing.models import Reminder
from modules.billing.schemas.reminders import ReminderOut, ReminderRulesIn, RemindersIn
from modules.billing.selectors import note_listed
from tenancy.requests import Request

router = Router()


@router.get("/reminders/", response=Page[ReminderOut], summary="Reminders that went out, the latest first")
@endpoint("billing.view_payment")
def list_reminders(request: Request, page: Query[PageIn], wanted: Query[RemindersIn]) -> dict[str, Any]:
    rows = Reminder.objects.visible_to(request.user).select_related("invoice").order_by("-day", "-pk")
    if wanted.invoice_id is not None:
        rows = rows.filter(invoice=wanted.invoice_id)
    return page_of(
        rows, page, ReminderOut.of, seen=lambda shown: note_listed([each.invoice for each in shown], by=request.user)
    )


@router.get("/reminder-rules/", response=ReminderRulesIn, summary="When people are reminded of overdue invoices")
@endpoint("billing.manage")
def get_rules(request: Request) -> ReminderRulesIn:
    return ReminderRulesIn(steps=services.reminder_rules().steps)


@router.put("/reminder-rules/", response=ReminderRulesIn, summary="Say when people are reminded of overdue invoices")
@endpoint("billing.manage")
def set_rules(request: Request, body: ReminderRulesIn) -> ReminderRulesIn:
    return ReminderRulesIn(steps=services.set_reminders(steps=body.steps, by=request.user).steps)
