"""The forms of series, and how what was chosen of a plan comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from modules.scheduling.domain.series import MOST_VISITS, first_on, refused, weekly_rule
from modules.scheduling.forms.hours import WEEKDAYS
from modules.scheduling.gateways.packages import PackageCard
from modules.scheduling.models import Practitioner, Room, Service
from modules.scheduling.services import Chosen, CourseWish, PlannedVisit, Scope, SeriesChange, SeriesWish, Tell
from webui.fields import set_choices, set_rows

EVERY = (
    ("1", gettext_lazy("Every week")),
    ("2", gettext_lazy("Every 2 weeks")),
    ("3", gettext_lazy("Every 3 weeks")),
    ("4", gettext_lazy("Every 4 weeks")),
    ("daily", gettext_lazy("Every day")),
    ("monthly", gettext_lazy("Every month, on the same day")),
)
WEEKDAY_CHOICES = [(str(number), name) for number, name in enumerate(WEEKDAYS)]
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
TIME = forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")


class VisitsForm(forms.Form):
    """What a series and a course have in common."""

    service = forms.ModelChoiceField(label=gettext_lazy("Service"), queryset=Service.objects.none(), empty_label=None)
    practitioners = forms.ModelMultipleChoiceField(
        label=gettext_lazy("With"),
        queryset=Practitioner.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Of several, each visit is with one of them. Nobody ticked: whoever is free."),
    )
    room = forms.ModelChoiceField(
        label=gettext_lazy("Room"),
        queryset=Room.objects.none(),
        required=False,
        empty_label=gettext_lazy("Any that is free"),
    )
    first_day = forms.DateField(label=gettext_lazy("From"), widget=DAY)
    remark = forms.CharField(
        label=gettext_lazy("For whoever treats"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    package = forms.TypedChoiceField(label=gettext_lazy("Paid from"), required=False, coerce=UUID, empty_value=None)
    notify = forms.BooleanField(
        label=gettext_lazy("Send the client one mail with all visits"), required=False, initial=True
    )

    def __init__(self, *args: Any, packages: Sequence[PackageCard] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if packages:
            named = [(str(card.id), package_words(card)) for card in packages]
            set_choices(self, "package", [("", _("No package: they are billed")), *named])
        else:
            del self.fields["package"]
        set_rows(self, "service", Service.objects.current().filter(places=None).order_by("name"))
        set_rows(self, "practitioners", Practitioner.objects.current().order_by("name"))
        set_rows(self, "room", Room.objects.current().order_by("name"))

    def in_common(self, patient_id: UUID | None) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "patient_id": patient_id,
            "service_ids": (data["service"].pk,),
            "practitioner_ids": tuple(practitioner.pk for practitioner in data["practitioners"]),
            "room_id": data["room"].pk if data["room"] else None,
            "remark": data["remark"],
            "package_id": data.get("package"),
            "tell": Tell.SOON if data["notify"] else Tell.NOT,
        }


def package_words(card: PackageCard) -> str:
    words = {"name": card.name, "left": card.left, "day": date_format(card.last_day, "j M Y")}
    return _("%(name)s: %(left)d left, until %(day)s") % words


class SeriesForm(VisitsForm):
    """Visits by a rule."""

    every = forms.ChoiceField(label=gettext_lazy("How often"), choices=EVERY)
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("On"),
        choices=WEEKDAY_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("For weekly visits; none ticked: the weekday of the first."),
    )
    starts = forms.TimeField(label=gettext_lazy("At"), widget=TIME)
    count = forms.IntegerField(
        label=gettext_lazy("Number of visits"), min_value=1, max_value=MOST_VISITS, required=False
    )
    until = forms.DateField(label=gettext_lazy("Or until"), widget=DAY, required=False)
    length = forms.IntegerField(
        label=gettext_lazy("Minutes, if not the usual"), min_value=5, max_value=1440, required=False
    )
    field_order = [
        "service", "practitioners", "room", "every", "weekdays", "first_day", "starts", "count", "until", "length",
        "package", "remark", "notify",
    ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if "count" in data and "until" in data and (data["count"] is None) == (data["until"] is None):
            self.add_error("count", _("Give a number of visits or a last day, and not both."))
        return data

    def wish(self, patient_id: UUID) -> SeriesWish:
        data, weekdays = self.cleaned_data, [int(each) for each in self.cleaned_data["weekdays"]]
        day = data["first_day"]
        ending = {"count": data["count"], "until": data["until"]}
        if data["every"].isdecimal():
            day = first_on(day, weekdays)
            rule = weekly_rule(weekdays or [day.weekday()], every=int(data["every"]), **ending)
        else:
            rule = weekly_rule([0], **ending).replace("WEEKLY;BYDAY=MO", data["every"].upper())
        return SeriesWish(
            rule=rule, first_day=day, starts=data["starts"], length=data["length"], **self.in_common(patient_id)
        )


class CourseForm(VisitsForm):
    """So many visits, wherever there is room."""

    sessions = forms.IntegerField(label=gettext_lazy("Number of visits"), min_value=1, max_value=MOST_VISITS)
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("On these days"),
        choices=WEEKDAY_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: any day."),
    )
    earliest = forms.TimeField(label=gettext_lazy("Not before"), widget=TIME, required=False)
    latest = forms.TimeField(label=gettext_lazy("Begins before"), widget=TIME, required=False)
    days_apart = forms.IntegerField(label=gettext_lazy("Days apart, at least"), min_value=1, max_value=90, initial=2)
    days = forms.IntegerField(label=gettext_lazy("Within … days"), min_value=1, max_value=90, initial=90)
    field_order = [
        "service", "practitioners", "room", "sessions", "first_day", "days", "days_apart", "weekdays", "earliest",
        "latest", "package", "remark", "notify",
    ]  # fmt: skip

    def wish(self, patient_id: UUID) -> CourseWish:
        data = self.cleaned_data
        midnight, last = datetime.min.time(), datetime.max.time()
        between = (data["earliest"] or midnight, data["latest"] or last)
        return CourseWish(
            sessions=data["sessions"],
            first_day=data["first_day"],
            days=data["days"],
            days_apart=data["days_apart"],
            weekdays=frozenset(int(each) for each in data["weekdays"]),
            between=between if data["earliest"] or data["latest"] else None,
            **self.in_common(patient_id),
        )


SCOPES = (
    (Scope.ONE.value, gettext_lazy("This visit only")),
    (Scope.FOLLOWING.value, gettext_lazy("This and the following")),
    (Scope.ALL.value, gettext_lazy("All that have not begun")),
)


class ChangeForm(forms.Form):
    """What is to be another. What is left empty stays."""

    scope = forms.ChoiceField(
        label=gettext_lazy("Which visits"), choices=SCOPES, widget=forms.RadioSelect, initial=Scope.FOLLOWING.value
    )
    day = forms.DateField(
        label=gettext_lazy("Move it to"),
        widget=DAY,
        required=False,
        help_text=gettext_lazy("The others go as many days with it."),
    )
    starts = forms.TimeField(label=gettext_lazy("At"), widget=TIME, required=False)
    practitioner = forms.ModelChoiceField(
        label=gettext_lazy("With"),
        queryset=Practitioner.objects.none(),
        required=False,
        empty_label=gettext_lazy("As now"),
    )
    room = forms.ModelChoiceField(
        label=gettext_lazy("Room"), queryset=Room.objects.none(), required=False, empty_label=gettext_lazy("As now")
    )
    service = forms.ModelChoiceField(
        label=gettext_lazy("Service"),
        queryset=Service.objects.none(),
        required=False,
        empty_label=gettext_lazy("As now"),
    )
    length = forms.IntegerField(label=gettext_lazy("Minutes"), min_value=5, max_value=1440, required=False)
    keep_moved = forms.BooleanField(
        label=gettext_lazy("Keep those that were moved by hand at their time"), required=False, initial=True
    )
    notify = forms.BooleanField(
        label=gettext_lazy("Send the client one mail with what they are then"), required=False, initial=True
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_rows(self, "service", Service.objects.current().filter(places=None).order_by("name"))
        set_rows(self, "practitioner", Practitioner.objects.current().order_by("name"))
        set_rows(self, "room", Room.objects.current().order_by("name"))

    def change(self, visit_id: UUID, *, version: int | None) -> SeriesChange:
        data = self.cleaned_data
        return SeriesChange(
            scope=Scope(data["scope"]),
            visit_id=visit_id,
            day=data["day"],
            starts=data["starts"],
            length=data["length"],
            service_ids=(data["service"].pk,) if data["service"] else (),
            practitioner_id=data["practitioner"].pk if data["practitioner"] else None,
            room_id=data["room"].pk if data["room"] else None,
            keep_moved=data["keep_moved"],
            version=version,
            tell=Tell.SOON if data["notify"] else Tell.NOT,
        )


class CallOffForm(forms.Form):
    scope = forms.ChoiceField(
        label=gettext_lazy("Which visits"), choices=SCOPES, widget=forms.RadioSelect, initial=Scope.FOLLOWING.value
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)
    notify = forms.BooleanField(label=gettext_lazy("Send the client one mail"), required=False, initial=True)


def seen_of(form: forms.Form, *more: Any) -> str:
    """Return a mark of what a plan was made of: another mark means that the form was changed after it was looked at."""
    said = {name: str(form[name].value()) for name in form.fields if name not in {"remark", "notify"}}
    return hashlib.sha256(repr((sorted(said.items()), more)).encode()).hexdigest()[:16]


def check_seen(fields: Mapping[str, str], seen: str) -> None:
    """Raise `SeriesRefused` if the plan that was looked at is not the one that the form asks for now."""
    if fields.get("seen") != seen:
        raise refused(_("The form has changed since. These are its visits now; look at them again."), at="visits")


def choices_of(visits: Iterable[PlannedVisit], fields: Mapping[str, str], *, names: Mapping[UUID, str]) -> list[Any]:
    """Return the visits of a plan as the page shows them, with what was chosen of each before, if it can be still."""
    return [_choice(visit, fields, names) for visit in visits]


def _choice(visit: PlannedVisit, fields: Mapping[str, str], names: Mapping[UUID, str]) -> dict[str, Any]:
    offered = [(f"at|{slot.starts_at.isoformat()}|{slot.practitioner_id}", slot) for slot in visit.instead]
    free = f"at|{visit.starts_at.isoformat()}|{visit.slot.practitioner_id}" if visit.slot else ""
    chosen = fields.get(f"visit-{visit.number}", "")
    if not chosen or chosen not in {"skip", "override", free, *(value for value, _slot in offered)}:
        chosen = free or "skip"
    return {
        "visit": visit,
        "free": free,
        "who": names.get(visit.slot.practitioner_id, "") if visit.slot else "",
        "offered": [(value, slot, names.get(slot.practitioner_id, "")) for value, slot in offered],
        "chosen": chosen,
        "reason": fields.get(f"reason-{visit.number}", ""),
    }


def chosen_in(fields: Mapping[str, str]) -> Iterator[Chosen]:
    """Read what was chosen of each visit. Raises `SeriesRefused`."""
    for name, value in fields.items():
        kind, _dash, number = name.partition("-")
        if kind == "visit" and number.isdecimal() and value != "skip":
            yield _chosen(int(number), value, fields.get(f"reason-{number}", "").strip())


def _chosen(number: int, value: str, reason: str) -> Chosen:
    if value == "override":
        if not reason:
            sentence = _("Say why visit %(number)d is to be booked all the same.") % {"number": number}
            raise refused(sentence, at=f"reason-{number}")
        return Chosen(number=number, override=reason[:200])
    try:
        _at, start, practitioner_id = value.split("|")
        moment = parse_datetime(start)
        if moment is None or moment.tzinfo is None:
            raise ValueError(start)
        return Chosen(number=number, starts_at=moment, practitioner_id=UUID(practitioner_id))
    except ValueError:
        raise refused(_("Choose again what becomes of visit %(number)d.") % {"number": number}, at="visits") from None


def words_of(rule: str) -> str:
    """Say a rule as a person would, without its end."""
    parts = dict(part.split("=") for part in rule.split(";")) if rule else {}
    every = int(parts.get("INTERVAL", "1"))
    days = [str(WEEKDAYS[DAYS.index(name)]) for name in parts.get("BYDAY", "").split(",") if name in DAYS]
    if parts.get("FREQ") == "WEEKLY":
        often = _("Every week") if every == 1 else _("Every %(every)d weeks") % {"every": every}
    elif parts.get("FREQ") == "DAILY":
        often = _("Every day") if every == 1 else _("Every %(every)d days") % {"every": every}
    elif parts.get("FREQ") == "MONTHLY":
        often = _("Every month") if every == 1 else _("Every %(every)d months") % {"every": every}
    else:
        return _("Placed one by one") if not rule else _("Every year")
    return f"{often}: {', '.join(days)}" if days else often


DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
