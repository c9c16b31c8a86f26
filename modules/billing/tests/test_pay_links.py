"""The link to pay: whose it is, what it leads to, and what becomes of it once all is paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from identity.models import User
from modules.billing.domain.states import Status
from modules.billing.models import Invoice, Payment
from modules.billing.services import (
    LinkNotGood,
    invoice_behind,
    pay_url,
    payment_link,
    void_draft,
)
from modules.billing.services.links import NotPayable, pay_token
from tenancy import TenantRef, use


def test_the_link_is_the_tenants_and_leads_to_this_invoice_only(issued: Invoice, clinic: TenantRef) -> None:
    url = pay_url(issued)

    assert url.startswith("http://clinic.localhost:8000/pay/")
    assert url == payment_link(invoice=issued)
    assert invoice_behind(url.split("/")[-2]) == issued
    assert "2031" not in url
    assert str(issued.pk) not in url


def test_a_forged_link_leads_nowhere(token: str) -> None:
    head, _, tail = token.partition(".")
    for forged in ("", ".", "x.y", head, f"{head}.{tail[:-1]}x", f"B{head[1:]}.{tail}", token.upper(), "\0", "é" * 60):
        with pytest.raises(LinkNotGood):
            invoice_behind(forged)


def test_a_link_of_another_tenant_leads_nowhere(token: str, other: TenantRef) -> None:
    with use(other), pytest.raises(LinkNotGood):
        invoice_behind(token)


def test_a_draft_has_no_link(draft: Invoice, rita: User, now: datetime) -> None:
    with pytest.raises(NotPayable):
        payment_link(invoice=draft)
    with pytest.raises(LinkNotGood):
        invoice_behind(pay_token(draft))
    void_draft(invoice=draft, by=rita, at=now)
    with pytest.raises(LinkNotGood):
        invoice_behind(pay_token(draft))


def test_what_is_paid_is_shown_and_asks_for_nothing(
    issued: Invoice, pay: Callable[..., Payment], now: datetime
) -> None:
    pay(issued, 5800)
    issued.refresh_from_db()

    assert invoice_behind(pay_token(issued)).status == Status.PAID
    with pytest.raises(NotPayable):
        payment_link(invoice=issued)
