"""The accountant's numbers on the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from httpapi.schemas import Schema
from modules.billing.domain.charts import Chart, Number, key_of
from modules.billing.models import AccountantRules
from modules.billing.selectors.accountant import MappedAccount
from modules.billing.services.accountant import WishedAccountant


class AccountNumberIn(Schema):
    """What an account of the books is in the practice's chart. Sales and tax have one for each rate, others none."""

    account: str = Field(max_length=12)
    tax_rate: Decimal | None = Field(None, max_digits=5, decimal_places=2)
    number: str = Field(max_length=9)
    is_automatic: bool = False


class AccountantIn(Schema):
    """All of it, anew: an account that is not among the numbers has none."""

    consultant: int | None = None
    client: int | None = None
    first_month: int = 1
    account_length: int = 4
    chart: Literal["", "03", "04"] = ""
    numbers: list[AccountNumberIn] = Field(default_factory=list, max_length=500)

    def wish(self) -> WishedAccountant:
        numbers = {key_of(each.account, each.tax_rate): Number(each.number, each.is_automatic) for each in self.numbers}
        told = self.model_dump(exclude={"chart", "numbers"})
        return WishedAccountant(**told, chart=Chart(self.chart), numbers=numbers)


class AccountantOut(AccountantIn):
    """Every account of the books is among the numbers; one without a number has an empty one."""

    @staticmethod
    def told(rules: AccountantRules, mapping: list[MappedAccount]) -> AccountantOut:
        return AccountantOut(
            consultant=rules.consultant,
            client=rules.client,
            first_month=rules.first_month,
            account_length=rules.account_length,
            chart=Chart(rules.chart).value,
            numbers=[
                AccountNumberIn(
                    account=each.key[0], tax_rate=each.key[1], number=each.number, is_automatic=each.is_automatic
                )
                for each in mapping
            ],
        )
