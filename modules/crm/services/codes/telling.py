"""What is wrong with a list of codes, in sentences."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from modules.crm.models import CodeList
from modules.crm.services.imports.reading import SENTENCES, sentence_of

NO_COLUMNS = _("None of the columns is called “code”, or none “display”. Write that above them.")
MISTAKES = {
    "no-code": _("There is no code."),
    "no-display": _("“%(detail)s” does not say what it means."),
    "bad-code": _("“%(detail)s” is no code: it has more than 40 letters, or signs only."),
    "long-display": _("What “%(detail)s” means has more than 300 letters."),
    "bad-language": _("The language of “%(detail)s” is no language tag, such as “de”."),
    "twice": _("This code is in the file twice: %(detail)s."),
}
UNREADABLE = _("This line cannot be read.")
GIVEN_UP = _(
    "This went wrong on our side, though it was tried several times (%(what)s). What is in use stays in use. "
    "Try it again, and tell us if that does not help."
)
TOO_MANY = _("This file has more than 200,000 rows.")
OF_CODES = {"no-columns": NO_COLUMNS, "too-many-rows": TOO_MANY}


class Told(NamedTuple):
    line: int
    sentence: str


def sentences_of(code_list: CodeList) -> tuple[str, list[Told]]:
    """Return why none of it could be read, and what is wrong in which line."""
    mistakes = [Told(line, _sentence(word, detail)) for line, word, detail in code_list.mistakes]
    return _problem(code_list.problem), mistakes


def _problem(word: str) -> str:
    if not word:
        return ""
    if word in SENTENCES or word in OF_CODES:
        return str(OF_CODES.get(word) or sentence_of(word))
    return str(GIVEN_UP) % {"what": word}


def _sentence(word: str, detail: str) -> str:
    return str(MISTAKES.get(word, UNREADABLE)) % {"detail": detail}
