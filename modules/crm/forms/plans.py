"""A treatment plan as it is filled in: itself, and a line for each goal."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.crm.domain.plans import MOST_GOALS, GoalState
from modules.crm.models import GOAL_LABELS, Goal, TreatmentPlan
from modules.crm.services.plans import GoalDetails, PlanDetails
from modules.crm.services.plans.writing import MOST_SESSIONS
from webui.fields import say_nothing_of_optional, set_choices

OFF = {"autocomplete": "off"}
STATES = [(each.value, label) for each, label in GOAL_LABELS.items()]
SPARE = 3  # empty lines below the goals that there are


def day_field(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class PlanForm(forms.Form):
    """Lines without words are left out."""

    title = forms.CharField(label=_("What it is for"), max_length=120, widget=forms.TextInput(attrs=OFF))
    text = forms.CharField(
        label=_("What is done"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    sessions = forms.IntegerField(label=_("Sessions planned"), min_value=1, max_value=MOST_SESSIONS, required=False)
    frequency = forms.CharField(label=_("How often"), max_length=80, required=False, widget=forms.TextInput(attrs=OFF))
    starts_on = day_field(_("Begins on"))
    review_on = day_field(_("Reviewed on"), required=False, help_text=_("You are reminded by e-mail."))
    episode_id = forms.TypedChoiceField(label=_("Episode of care"), required=False, empty_value=None, coerce=UUID)
    shared = forms.BooleanField(label=_("Show it on the portal"), required=False)

    def __init__(
        self, data: Any = None, *, plan: TreatmentPlan | None = None, episodes: Any = (), initial: Any = None
    ) -> None:
        self.goals = list(plan.goals.all()) if plan else []
        super().__init__(data, initial=_values(plan) if plan else initial)
        named = [(str(each.pk), each.title or _("Episode of care")) for each in episodes]
        set_choices(self, "episode_id", [("", _("None")), *named])
        for number in range(self.count):
            self._add_goal(number, self.goals[number] if number < len(self.goals) else None)

    @property
    def count(self) -> int:
        return max(len(self.goals), min(MOST_GOALS, len(self.goals) + SPARE))

    def _add_goal(self, number: int, goal: Goal | None) -> None:
        place = {"number": number + 1}
        line = {
            "goal": forms.CharField(label=_("Goal %(number)s") % place, max_length=200),
            "target": forms.CharField(label=_("Known by"), max_length=120),
            "due": day_field(_("By")),
            "state": forms.ChoiceField(label=_("State"), choices=STATES),
        }
        values = (goal.text, goal.target, goal.due_on, goal.state) if goal else ("", "", None, GoalState.ACTIVE)
        for (part, field), value in zip(line.items(), values, strict=True):
            field.required, field.initial = False, value
            self.fields[f"{part}-{number}"] = field
            say_nothing_of_optional(self, f"{part}-{number}")

    @property
    def own_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.base_fields]

    @property
    def lines(self) -> list[list[forms.BoundField]]:
        return [[self[f"{part}-{n}"] for part in ("goal", "target", "due", "state")] for n in range(self.count)]

    def details(self) -> PlanDetails:
        data = self.cleaned_data
        goals = [self._goal(number) for number in range(self.count) if data[f"goal-{number}"]]
        return PlanDetails(**{name: data[name] for name in self.base_fields}, goals=goals)

    def _goal(self, number: int) -> GoalDetails:
        data = self.cleaned_data
        return GoalDetails(
            id=self.goals[number].pk if number < len(self.goals) else None,
            text=data[f"goal-{number}"],
            target=data[f"target-{number}"],
            due_on=data[f"due-{number}"],
            state=data[f"state-{number}"] or GoalState.ACTIVE,
        )


def _values(plan: TreatmentPlan) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in PlanForm.base_fields} | {"episode_id": str(plan.episode_id or "")}


class ProgressForm(forms.Form):
    state = forms.ChoiceField(label=_("State"), choices=STATES)
    text = forms.CharField(label=_("How far it is"), max_length=2000, required=False, widget=forms.TextInput(attrs=OFF))

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        say_nothing_of_optional(self)
