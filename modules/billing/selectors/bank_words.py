"""Why a line of the bank may have been what is proposed, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from django.utils.translation import gettext_lazy as _

from kernel.money import Money
from modules.billing.domain.bank.proposals import Proposal, Reason, Why
from tenancy import current_tenant

WORDS = {
    Why.NUMBER: _("number %(said)s is in the text"),
    Why.AMOUNT: _("the amount is the same"),
    Why.SUM: _("together they come to the amount"),
    Why.PART: _("it is a part of what is owed"),
    Why.BEYOND: _("%(beyond)s is more than is owed and becomes credit"),
    Why.NAME: _("%(said)s is named"),
    Why.ACCOUNT: _("this account paid for the same client before"),
    Why.REFERENCE: _("the reference is the same"),
    Why.RECORDED: _("written down on %(day)s already: it is linked, and nothing is counted twice"),
    Why.SENT_BACK: _("paid back on %(day)s"),
}


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """A proposal as it is shown: the documents, how much is for each, and why."""

    proposal: Proposal
    parts: Sequence[tuple[str, Money | None]]
    reasons: Sequence[str]

    @property
    def sentence(self) -> str:
        said = "; ".join(self.reasons)
        return said[:1].upper() + said[1:]


def shown_proposal(proposal: Proposal) -> ShownProposal:
    currency = current_tenant().currency
    amounts = [Money(minor, currency) for _invoice_id, minor in proposal.shares]
    parts: list[tuple[str, Money | None]] = [
        (number, amounts[place] if place < len(amounts) else None) for place, number in enumerate(proposal.numbers)
    ]
    return ShownProposal(proposal, parts, [_in_words(reason, proposal) for reason in proposal.reasons])


def _in_words(reason: Reason, proposal: Proposal) -> str:
    locale = current_tenant().language
    said = {"said": reason.said}
    if reason.kind in (Why.RECORDED, Why.SENT_BACK):
        day = date.fromisoformat(reason.said)
        said = {"day": format_date(day, format="medium", locale=locale.replace("-", "_"))}
    if reason.kind is Why.BEYOND:
        said = {"beyond": Money(proposal.beyond, current_tenant().currency).shown(locale)}
    return str(WORDS[reason.kind]) % said
