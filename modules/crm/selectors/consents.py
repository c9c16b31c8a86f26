"""Who has agreed to what: for one patient with all that was said, for a whole day of them what is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import get_language

from modules.crm.domain.consents import State, state_of
from modules.crm.models import Consent, ConsentKind, ConsentText, Patient
from tenancy import current_tenant


class Unsigned(NamedTuple):
    """Something that is asked for at the check-in and not signed as it reads now."""

    kind_id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a patient stands to one kind: their last word, and the text that they would sign now, if there is one."""

    kind: ConsentKind
    state: State
    last: Consent | None
    text: ConsentText | None

    @property
    def is_wanted(self) -> bool:
        """Test whether it is asked for at the check-in, and missing."""
        return self.kind.asked_at_check_in and self.can_be_signed

    @property
    def can_be_signed(self) -> bool:
        return self.text is not None and self.state is not State.GIVEN

    @property
    def can_be_withdrawn(self) -> bool:
        return self.last is not None and self.last.is_given


def consents_missing(patient_ids: Collection[UUID]) -> dict[UUID, list[Unsigned]]:
    """Return for each of these patients what they have not signed of what is asked for at the check-in.

    Two queries, however many they are; one where nothing is asked for.
    """
    texts = ConsentText.objects.current().filter(kind__asked_at_check_in=True)
    names: dict[UUID, str] = {}
    current: set[UUID] = set()
    for kind_id, name, text_id in texts.values_list("kind_id", "kind__name", "pk"):
        names[kind_id] = name
        current.add(text_id)
    if not names or not patient_ids:
        return {}
    signed: dict[UUID, set[UUID]] = defaultdict(set)
    said = Consent.objects.filter(patient__in=set(patient_ids), text__kind__in=list(names)).last_words()
    for patient_id, kind_id, text_id, decision in said.values_list(
        "patient_id", "text__kind_id", "text_id", "decision"
    ):
        if decision == "GIVEN" and text_id in current:
            signed[patient_id].add(kind_id)
    by_name = sorted(names.items(), key=lambda each: each[1])
    missing = {
        each: [Unsigned(kind_id, name) for kind_id, name in by_name if kind_id not in signed[each]]
        for each in set(patient_ids)
    }
    return {each: unsigned for each, unsigned in missing.items() if unsigned}


def standing_of(patient: Patient) -> list[Standing]:
    """Return how a patient stands to everything that they are or were asked, by name."""
    texts = _by_kind(ConsentText.objects.current())
    said = patient.consents.all().last_words().select_related("text__kind")
    last = {consent.text.kind_id: consent for consent in said}
    kinds = {consent.text.kind for consent in last.values()}
    kinds |= set(ConsentKind.objects.filter(pk__in=[each for each in texts if each not in last]))
    return [_standing(kind, last.get(kind.pk), texts[kind.pk]) for kind in sorted(kinds, key=lambda each: each.name)]


def text_to_show(texts: Iterable[ConsentText], *, language: str = "") -> ConsentText | None:
    """Return the one in the language that is asked for, else in the reader's, in the tenant's, or in any."""
    by_language = {text.language: text for text in sorted(texts, key=lambda each: each.language)}
    liked = (language, get_language() or "", (get_language() or "").partition("-")[0], current_tenant().language)
    found = next((by_language[each] for each in liked if each in by_language), None)
    return found or next(iter(by_language.values()), None)


def kinds_with_texts() -> list[tuple[ConsentKind, list[ConsentText]]]:
    """Return everything that is asked, by name, with all its versions, the latest of a language first."""
    texts = _by_kind(ConsentText.objects.order_by("language", "-version"))
    return [(kind, texts[kind.pk]) for kind in ConsentKind.objects.filter(ended_at=None).order_by("name", "pk")]


def _by_kind(texts: Iterable[ConsentText]) -> dict[UUID, list[ConsentText]]:
    found: dict[UUID, list[ConsentText]] = defaultdict(list)
    for text in texts:
        found[text.kind_id].append(text)
    return found


def _standing(kind: ConsentKind, last: Consent | None, texts: list[ConsentText]) -> Standing:
    current = {text.pk for text in texts}
    said = None if last is None else last.is_given
    of_current = last is not None and (last.text_id in current or not texts)  # asked no more, it stands as it was
    return Standing(
        kind=kind, state=state_of(was_given=said, of_current=of_current), last=last, text=text_to_show(texts)
    )
