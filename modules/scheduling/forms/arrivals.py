"""What is noted when somebody comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from modules.crm.public import EpisodeCard
from modules.scheduling.domain.checklist import Forms, Item
from modules.scheduling.domain.vitals import Measure, Sign
from modules.scheduling.models import FORMS_LABELS, SIGN_LABELS, UNITS, Identity
from modules.scheduling.services import Arrival
from webui.fields import set_choices


class ArrivalForm(forms.Form):
    """What is noted at an arrival: each item may wait. The findings are there for who may note them."""

    identity = forms.ChoiceField(label=_("Who it is, was made sure by"), choices=Identity.choices, required=False)
    complaints = forms.CharField(
        label=_("Why they come"), required=False, max_length=5_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    episode = forms.ChoiceField(label=_("Belongs to"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, measures: Mapping[Sign, Measure], episodes: Iterable[EpisodeCard] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        going_on = [(str(each.id), _going_on(each)) for each in episodes]
        usual = ("", _("As it is, or as usual: what they see this practitioner for"))
        ways = [usual, ("new", _("A new episode of care")), *going_on, ("none", _("No episode of care"))]
        set_choices(self, "episode", ways)
        self.measures = measures
        if not measures:
            del self.fields["complaints"]
        for sign, measure in measures.items():
            self.fields[sign.lower()] = forms.DecimalField(
                label=SIGN_LABELS[sign],
                required=False,
                min_value=measure.low,
                max_value=measure.high,
                decimal_places=measure.places,
                help_text=str(UNITS.get(measure.unit, measure.unit)),
            )

    @property
    def measured(self) -> list[Any]:
        return [self[sign.lower()] for sign in self.measures]

    def arrival(self) -> Arrival:
        data = self.cleaned_data
        return Arrival(
            identity=data["identity"],
            complaints=data.get("complaints"),
            vitals={sign: data[sign.lower()] for sign in self.measures},
            episode=data["episode"],
        )


def _going_on(episode: EpisodeCard) -> str:
    told = {"day": date_format(episode.opened_at, "j M Y"), "who": episode.care_manager_name}
    return gettext("The one since %(day)s, with %(who)s") % told


class CheckInRulesForm(forms.Form):
    """Which items of the check-in list are asked for, and what a form leads to that is missing."""

    asked = forms.MultipleChoiceField(
        label=_("Asked for when somebody arrives"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (Item.IDENTITY.value, _("Identity: how it was made sure who came")),
            (Item.CONSENT.value, _("Signatures: the agreements that are asked for at the check-in")),
            (Item.COMPLAINTS.value, _("Why they come, in their words")),
            (Item.VITALS.value, _("Measures: at least one")),
            (Item.PRACTITIONER.value, _("A practitioner who still works here")),
        ],
    )

    forms = forms.ChoiceField(
        label=_("Forms that they were asked for and have not filled in"),
        help_text=_("What is filled in before treatment, and every other form whose day has come."),
        widget=forms.RadioSelect,
        choices=[(each.value, label) for each, label in FORMS_LABELS.items()],
    )

    def rule_of_forms(self) -> Forms:
        return Forms(self.cleaned_data["forms"])

    def chosen(self) -> frozenset[Item]:
        return frozenset(map(Item, self.cleaned_data["asked"]))
