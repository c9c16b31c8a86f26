"""What a short word stands for in the editor."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid, NotAllowed, NotFound
from modules.crm.models import Phrase
from modules.crm.models.note_setup import LONGEST_PHRASE, LONGEST_WORD

WORD = re.compile(r"[^\W_]+", re.UNICODE)


class PhraseInvalid(Invalid):
    code = "phrase-invalid"


class NoSuchPhrase(NotFound):
    code = "phrase-unknown"


@transaction.atomic
def save_phrase(*, word: str, text: str, is_shared: bool, phrase_id: UUID | None = None, by: Any) -> Phrase:
    """Have a word stand for a text, for oneself or for everybody. Raises `PhraseInvalid`, `NoSuchPhrase` or
    `NotAllowed`."""
    phrase = _own(phrase_id, by=by) if phrase_id else Phrase()
    owner_id = None if is_shared else by.pk
    if is_shared:
        _check_may_share(by)
    word, text = word.strip(), text.strip().replace("\r\n", "\n")
    _check(word, text, owner_id=owner_id, besides=phrase)
    is_new = phrase._state.adding
    before = {} if is_new else audit.snapshot(phrase, ["word", "text", "owner_id"])
    phrase.word, phrase.text, phrase.owner_id = word, text, owner_id
    phrase.save()
    changes = audit.created(phrase, ["word", "text"]) if is_new else audit.difference(before, phrase)
    audit.record(action="crm.phrase.saved", of=phrase, by=by, changes=changes)
    return phrase


@transaction.atomic
def remove_phrase(*, phrase_id: UUID, by: Any) -> None:
    """Raises `NoSuchPhrase` or `NotAllowed`."""
    phrase = _own(phrase_id, by=by)
    audit.record(action="crm.phrase.removed", of=phrase, by=by, changes={"word": (phrase.word, None)})
    phrase.delete()


def _own(phrase_id: UUID, *, by: Any) -> Phrase:
    phrase = Phrase.objects.of(by).select_for_update().filter(pk=phrase_id).first()
    if phrase is None:
        raise NoSuchPhrase(_("There is no such phrase."))
    if phrase.owner_id is None:
        _check_may_share(by)
    return phrase


def _check_may_share(by: Any) -> None:
    if not by.has_perm("crm.manage_note_setup"):
        raise NotAllowed(_("Phrases for everybody are kept by owners and administrators."))


def _check(word: str, text: str, *, owner_id: UUID | None, besides: Phrase) -> None:
    problems: dict[str, list[str]] = {}
    if not WORD.fullmatch(word) or len(word) > LONGEST_WORD:
        problems["word"] = [_("One word of letters and digits, at most 20.")]
    elif Phrase.objects.filter(word__iexact=word, owner_id=owner_id).exclude(pk=besides.pk).exists():
        problems["word"] = [_("This word stands for something already.")]
    if not 0 < len(text) <= LONGEST_PHRASE:
        problems["text"] = [_("A text of at most 2000 characters is needed.")]
    if problems:
        raise PhraseInvalid(" ".join(each for some in problems.values() for each in some), fields=problems)
