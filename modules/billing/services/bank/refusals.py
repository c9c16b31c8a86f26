"""Why a file of a bank is refused, or a line cannot be decided on, said to a person."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.errors import Conflict, Invalid
from kernel.money import Money
from modules.billing.domain.bank.lines import Unreadable
from tenancy import current_tenant

PROBLEMS_SHOWN = 5
SENTENCES = {
    "too-large": gettext_lazy("This file is larger than 5 MB. Take a shorter time from the bank."),
    "empty": gettext_lazy("There is no statement in this file."),
    "not-xml": gettext_lazy("This file is not what its beginning says. Take it from the bank once more."),
    "doctype": gettext_lazy("This file declares a document type of its own. No bank's statement does: it is not read."),
    "not-camt": gettext_lazy("This is no statement of an account (camt.053)."),
    "other-camt": gettext_lazy("This is a message %(kind)s. What is read are statements of an account: camt.053."),
    "account": gettext_lazy("This is no account, or no IBAN: look at its digits once more."),
    "currency": gettext_lazy("%(currency)s is not the currency of this account."),
    "other-currency": gettext_lazy("This statement is in %(currency)s. Invoices here are in %(own)s."),
    "does-not-add-up": gettext_lazy(
        "%(opening)s before and lines of %(lines)s do not come to the %(closing)s after. A part of the file is missing."
    ),
    "batch": gettext_lazy("An entry of %(batch)s has parts that come to %(parts)s."),
    "amount": gettext_lazy("“%(text)s” is no amount."),
    "no-amount": gettext_lazy("There is an entry without an amount."),
    "both-ways": gettext_lazy("Something both came and went."),
    "no-day": gettext_lazy("The entry of %(amount)s has no date."),
    "day": gettext_lazy("“%(text)s” is no date."),
    "column-twice": gettext_lazy("Two columns are said to be the same. Only texts can be several."),
    "no-date-column": gettext_lazy("Say which column is the date."),
    "no-amount-column": gettext_lazy("Say which column is the amount, or which are those of what came and what went."),
    "decimal-sign": gettext_lazy("Say which sign stands before the cents."),
    "day-first": gettext_lazy("Say whether the day or the month comes first: these dates can be read both ways."),
    "columns": gettext_lazy("Say what each column is: a table with these headers was never sent before."),
    "gone": gettext_lazy("Somebody kept this table meanwhile, or threw it away. Send the file once more if need be."),
    "row": gettext_lazy("Row %(row)d: %(problem)s"),
    "more": gettext_lazy("And %(n)d more."),
}


class StatementInvalid(Invalid):
    """A file that is no statement, or says something that cannot be."""

    code = "statement-invalid"


class StatementKnown(Conflict):
    """The same file was sent before."""

    code = "statement-known"


class LineNotOpen(Conflict):
    """Somebody decided on the line before."""

    code = "line-not-open"


class LineOpen(Conflict):
    """Nothing was decided that could be taken back."""

    code = "line-open"


class ProposalOver(Conflict):
    """What was proposed does not hold any more: an invoice is paid by now, or more or less is owed."""

    code = "proposal-over"


class MatchInvalid(Invalid):
    """What was chosen does not come to the line."""

    code = "match-invalid"


def sentence_of(problem: Unreadable) -> str:
    locale = current_tenant().language
    figures = {
        name: value.shown(locale) if isinstance(value, Money) else value for name, value in problem.figures.items()
    }
    return str(SENTENCES[str(problem)]) % figures if figures else str(SENTENCES[str(problem)])


def refused(problem: Unreadable, *, field: str = "file") -> StatementInvalid:
    sentence = sentence_of(problem)
    return StatementInvalid(sentence, fields={field: [sentence]})


def refused_rows(problems: Iterable[tuple[int, Unreadable]]) -> StatementInvalid:
    """Return one refusal that says of the first rows what is wrong with them."""
    every = list(problems)
    words = [SENTENCES["row"] % {"row": row, "problem": sentence_of(each)} for row, each in every[:PROBLEMS_SHOWN]]
    if more := len(every) - PROBLEMS_SHOWN:
        words += [SENTENCES["more"] % {"n": more}] if more > 0 else []
    return StatementInvalid(" ".join(words), fields={"file": words})


def already_decided() -> LineNotOpen:
    return LineNotOpen(_("Somebody decided on this line meanwhile. Nothing was booked."))
