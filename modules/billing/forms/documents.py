"""The forms about documents: what their numbers begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.billing.domain.numbers import LONGEST_PREFIX
from modules.billing.domain.states import DocumentKind
from modules.billing.models import KIND_LABELS
from modules.billing.services import WishedPrefix
from modules.scheduling import public as scheduling
from webui.fields import say_nothing_of_optional, set_choices


class PrefixForm(forms.Form):
    """What the numbers of a series begin with, from this year or the next."""

    kind = forms.ChoiceField(label=_("Of"), choices=[(kind.value, label) for kind, label in KIND_LABELS.items()])
    location = forms.TypedChoiceField(label=_("At"), required=False, coerce=UUID, empty_value=None)
    begins_with = forms.CharField(
        label=_("Prefix"),
        required=False,
        max_length=LONGEST_PREFIX,
        help_text=_("NORTH makes NORTH-2026-0001. Left empty, a location counts with the practice."),
    )
    year = forms.TypedChoiceField(
        label=_("From"), coerce=int, help_text=_("A year of which numbers are given out keeps its prefix.")
    )

    def __init__(self, *args: Any, year: int, places: Sequence[scheduling.LocationCard], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_nothing_of_optional(self, "location", "begins_with")
        set_choices(self, "location", [("", _("The practice")), *((str(place.id), place.name) for place in places)])
        set_choices(self, "year", [(str(year), str(year)), (str(year + 1), str(year + 1))])

    def wished(self) -> WishedPrefix:
        data = self.cleaned_data
        return WishedPrefix(
            kind=DocumentKind(data["kind"]), location_id=data["location"], prefix=data["begins_with"], year=data["year"]
        )
