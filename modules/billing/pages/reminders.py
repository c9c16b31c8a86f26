"""When people are reminded of overdue invoices."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from modules.billing import services
from modules.billing.forms.reminders import RemindersForm
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import tried


@page("billing.manage")
def reminders(request: Request) -> HttpResponse:
    form = RemindersForm(request.POST or None, rules=services.reminder_rules())
    if not (status := tried(form, lambda: services.set_reminders(steps=form.steps(), by=request.user))):
        messages.success(request, _("Saved. Reminders go out in the morning, and stop when nothing is owed."))
        return redirect("billing:reminders")
    return render(request, "billing/reminders.html", {"form": form}, status=status)
