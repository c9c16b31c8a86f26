"""The demo's statement of the bank."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from modules.billing.domain.bank.tables import Role
from modules.billing.models import Invoice
from modules.billing.selectors.bank import found, lines_of
from modules.billing.services.bank import columns, deciding, keeping

if TYPE_CHECKING:
    from tenants.demo import Stage


PAYERS = ("DE89370400440532013000", "GB33BUKB20201555555555", "FR1420041010050500013M02606")
OWN_ACCOUNT = "IE29AIBK93115212345678"


def read_a_statement(stage: Stage) -> None:
    """Have last week's statement of the bank: a line is confirmed, one left out, others are sure, doubtful or open."""
    owner = stage.people["owner"]
    owed = list(Invoice.objects.to_be_paid().select_related("client").order_by("due_date", "pk")[:4])
    days = [(stage.now - timedelta(days=ago)).date() for ago in (3, 2, 1)]
    came = [
        (
            days[place % 3],
            each.billed_name,
            f"{text} {each.number if place < 2 else ''}",
            PAYERS[place % 3],
            each.to_pay,
        )
        for place, (each, text) in enumerate(zip(owed, ("Invoice", "INV.", "Thank you", "As agreed"), strict=False))
    ]
    rows = [
        *came,
        (days[1], "Stripe Payments", "STRIPE PAYOUT", "", "312.40"),
        (days[1], "Main Street Properties", "Rent", "", "-1450"),
        (days[2], "", "Fees of the account", "", "-12.50"),
    ]
    told = ["Date;Name;Text;IBAN;Amount", *(";".join(str(cell) for cell in row) for row in rows)]
    taken = keeping.take_in(name="statement.csv", content="\n".join(told).encode(), by=owner, at=stage.now)
    if taken.table is None:
        return
    wish = columns.WishedColumns(
        roles=(Role.DATE, Role.NAME, Role.TEXT, Role.IBAN, Role.AMOUNT), account=OWN_ACCOUNT, decimal_sign="."
    )
    statement = columns.keep_table(table=taken.table, wish=wish, by=owner, at=stage.now)
    sure = next((each for each in found(lines_of(statement)) if each.sure), None)
    if sure is not None and sure.sure is not None:
        deciding.confirm_proposal(line=sure.line, key=sure.sure.key, by=owner, at=stage.now)
    fees = statement.lines.order_by("position").last()
    if fees is not None:
        deciding.ignore_line(line=fees, reason="Fees of the bank", by=owner, at=stage.now)
