"""What kinds of business there are: presets of modules and words, never a fork in the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Vertical:
    label: Words
    modules: tuple[str, ...]
    words: Mapping[str, str]  # msgids; templates translate them


VERTICALS: Mapping[str, Vertical] = {
    "clinic": Vertical(
        label=_("Clinic"),
        modules=("crm", "scheduling", "inventory", "billing"),
        words={"patient": "Patient", "patients": "Patients", "practitioner": "Practitioner", "practice": "clinic"},
    ),
    "vet": Vertical(
        label=_("Vet practice"),
        modules=("crm", "scheduling", "inventory", "billing"),
        words={"patient": "Animal", "patients": "Animals", "practitioner": "Vet", "practice": "practice"},
    ),
    "shop": Vertical(
        label=_("Shop"),
        modules=("crm", "inventory", "billing"),
        words={"patient": "Customer", "patients": "Customers", "practitioner": "Colleague", "practice": "shop"},
    ),
}
