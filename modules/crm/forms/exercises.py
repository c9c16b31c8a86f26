"""An exercise of the library, a sheet as it is composed, and what somebody says of a day."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from modules.crm.domain.exercises import MOST_EXERCISES, Dose
from modules.crm.forms.plans import OFF, day_field
from modules.crm.models import (
    MOST_PAIN,
    BodyRegion,
    ExerciseSheet,
    ExerciseVersion,
    SheetItem,
    TreatmentPlan,
)
from modules.crm.models.exercises import LONGEST_EXERCISE_NAME, LONGEST_STEPS, LONGEST_WORDS
from modules.crm.services.documents import Upload
from modules.crm.services.exercises import Done, ExerciseDetails, ItemDetails, SheetDetails
from modules.crm.services.exercises.library import MOST
from webui.fields import say_nothing_of_optional, set_choices

SPARE = 4  # empty lines below the exercises that are on a sheet
DOSES = {
    "sets": _("Sets"),
    "repetitions": _("Repetitions"),
    "hold_seconds": _("Seconds held"),
    "times_per_week": _("Days a week"),
}


def dose_field(name: str) -> forms.IntegerField:
    return forms.IntegerField(label=DOSES[name], min_value=1, max_value=MOST[name], required=False)


class ExerciseForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=LONGEST_EXERCISE_NAME, widget=forms.TextInput(attrs=OFF))
    region = forms.ChoiceField(label=_("For"), choices=BodyRegion.choices)
    steps = forms.CharField(
        label=_("How it is done"),
        max_length=LONGEST_STEPS,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("A step on each line, in plain words."),
    )
    sets = dose_field("sets")
    repetitions = dose_field("repetitions")
    hold_seconds = dose_field("hold_seconds")
    times_per_week = dose_field("times_per_week")
    equipment = forms.CharField(label=_("What is needed"), max_length=120, required=False)
    cautions = forms.CharField(
        label=_("What to mind"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp", "data-dropzone": ""}),
        help_text=_("JPEG, PNG or WebP. It stays until there is another."),
    )
    video_url = forms.CharField(label=_("Address of a film"), max_length=300, required=False)

    def __init__(self, *args: Any, version: ExerciseVersion | None = None, **options: Any) -> None:
        if version is not None:
            options["initial"] = {name: getattr(version, name) for name in self.base_fields if name != "picture"}
        super().__init__(*args, **options)
        say_nothing_of_optional(self, *DOSES)

    @property
    def doses(self) -> list[forms.BoundField]:
        return [self[name] for name in DOSES]

    def details(self) -> ExerciseDetails:
        data = self.cleaned_data
        same = ("name", "steps", "region", "equipment", "cautions", "video_url")
        return ExerciseDetails(**{name: data[name] for name in same}, dose=Dose(**{n: data[n] for n in DOSES}))

    def upload(self) -> Upload | None:
        came: UploadedFile | None = self.cleaned_data.get("picture")
        return Upload(name=came.name or "", content=came.read()) if came else None


class SheetForm(forms.Form):
    """A sheet, and a line for each exercise. Lines without one are left out."""

    title = forms.CharField(label=_("What the sheet is for"), max_length=120, widget=forms.TextInput(attrs=OFF))
    words = forms.CharField(
        label=_("Words to begin with"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    since = day_field(_("From"))
    until = day_field(_("Until and with"), required=False)
    plan_id = forms.TypedChoiceField(label=_("Treatment plan"), required=False, empty_value=None, coerce=UUID)
    shared = forms.BooleanField(
        label=_("Send it to the portal"),
        required=False,
        help_text=_("They get an e-mail that says there are exercises, and not which."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        library: list[ExerciseVersion],
        plans: list[TreatmentPlan],
        sheet: ExerciseSheet | None = None,
        initial: Any = None,
    ) -> None:
        self.items: list[SheetItem] = list(sheet.latest.items.all()) if sheet else []
        super().__init__(data, initial=_values(sheet) if sheet else initial)
        set_choices(self, "plan_id", [("", _("None")), *((str(each.pk), each.title) for each in plans)])
        choices = [("", _("None")), *_grouped([*library, *self._of_before(library)])]
        for number in range(self.count):
            self._add_line(number, self.items[number] if number < len(self.items) else None, choices)

    def _of_before(self, library: list[ExerciseVersion]) -> list[ExerciseVersion]:
        """Return what is on the sheet and was taken off the library since."""
        known = {each.exercise_id for each in library}
        return [item.exercise_version for item in self.items if item.exercise_version.exercise_id not in known]

    @property
    def count(self) -> int:
        return min(MOST_EXERCISES, max(len(self.items) + SPARE, 6))

    def _add_line(self, number: int, item: SheetItem | None, choices: Any) -> None:
        fields: dict[str, forms.Field] = {
            "exercise": forms.ChoiceField(
                label=_("Exercise %(number)s") % {"number": number + 1}, choices=choices, required=False
            ),
            **{name: dose_field(name) for name in DOSES},
            "place": forms.IntegerField(label=_("Place"), min_value=1, max_value=99, required=False),
            "note": forms.CharField(label=_("Own words"), max_length=LONGEST_WORDS, required=False),
        }
        initial: dict[str, Any] = {"place": number + 1}
        if item is not None:
            initial |= {"exercise": str(item.exercise_version.exercise_id), "note": item.words}
            initial |= {name: getattr(item, name) for name in DOSES}
        for part, field in fields.items():
            field.initial = initial.get(part)
            self.fields[f"{part}-{number}"] = field
            say_nothing_of_optional(self, f"{part}-{number}")

    @property
    def lines(self) -> list[dict[str, forms.BoundField]]:
        parts = ("exercise", *DOSES, "place", "note")
        return [{part: self[f"{part}-{number}"] for part in parts} for number in range(self.count)]

    def details(self) -> SheetDetails:
        data = self.cleaned_data
        numbers = [number for number in range(self.count) if data[f"exercise-{number}"]]
        numbers.sort(key=lambda number: (data[f"place-{number}"] or number + 1, number))
        own = {name: data[name] for name in self.base_fields}
        return SheetDetails(**own, items=[self._item(number) for number in numbers])

    def _item(self, number: int) -> ItemDetails:
        data = self.cleaned_data
        return ItemDetails(
            exercise_id=UUID(data[f"exercise-{number}"]),
            dose=Dose(**{name: data[f"{name}-{number}"] for name in DOSES}),
            words=data[f"note-{number}"],
        )


def _grouped(library: list[ExerciseVersion]) -> list[tuple[str, list[tuple[str, str]]]]:
    in_order = sorted(library, key=lambda each: (each.region, each.name.casefold()))
    return [
        (str(BodyRegion(region).label), [(str(each.exercise_id), each.name) for each in same])
        for region, same in groupby(in_order, key=lambda each: each.region)
    ]


def _values(sheet: ExerciseSheet) -> dict[str, Any]:
    own = {name: getattr(sheet, name) for name in ("since", "until", "shared")}
    said = {"title": sheet.latest.title, "words": sheet.latest.words}
    return own | said | {"plan_id": str(sheet.plan_id or "")}


class DayForm(forms.Form):
    """What is said of an exercise and today, by one of the two buttons."""

    is_done = forms.TypedChoiceField(choices=[("yes", _("Yes")), ("no", _("No"))], coerce=lambda each: each == "yes")
    pain = forms.TypedChoiceField(
        choices=[(str(each), str(each)) for each in range(MOST_PAIN + 1)], coerce=int, required=False, empty_value=None
    )
    words = forms.CharField(max_length=LONGEST_WORDS, required=False)

    def done(self) -> Done:
        return Done(**self.cleaned_data)
