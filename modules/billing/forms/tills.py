"""The forms of tills: which one cash goes through, what was counted, what goes in and out, and the settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import get_language, gettext_lazy, to_locale
from django.utils.translation import gettext as _

from modules.billing.domain.tills import MOST_PIECES, Counted, counted_in_pieces, denominations
from modules.billing.models import LONGEST_TILL_NAME, LONGEST_TILL_REASON, MoveKind, TillRules
from modules.billing.services.tills import Drawers, TillDetails
from modules.scheduling import public as scheduling
from tenancy import current_tenant
from webui.fields import MoneyField, say_nothing_of_optional, set_choices


def ask_for_till(form: forms.BaseForm, drawers: Drawers) -> None:
    """Have a form about money ask through which open till it goes if it is cash; nothing, where there is no till."""
    if not drawers.are_there:
        return
    choices = [(str(each.pk), str(each.till)) for each in drawers.open]
    if drawers.may_be_outside:
        choices.append(("", _("Outside any session")))
    elif not drawers.open:
        choices.append(("", _("No till is open")))
    else:
        choices.insert(0, ("", _("Choose a till")))
    field = forms.ChoiceField(label=_("Cash goes through"), required=False, initial=str(drawers.likeliest or ""))
    field.help_text = _note(drawers)
    form.fields["till_session"] = field
    set_choices(form, "till_session", choices)
    say_nothing_of_optional(form, "till_session")


def chosen_till(form: forms.BaseForm) -> UUID | None:
    """Return the session that was chosen; None where there is none, or cash goes through none."""
    chosen = form.cleaned_data.get("till_session")
    return UUID(chosen) if chosen else None


def _note(drawers: Drawers) -> str:
    if drawers.open:
        return _("Only cash goes through it.")
    if drawers.may_be_outside:
        return _("No till is open: cash is listed as outside any session.")
    return _("No till is open, and cash needs one. Open it first.")


class CountForm(forms.Form):
    """What is in a till: so many of each coin and note, or one sum."""

    def __init__(self, data: Any, *, currency: str) -> None:
        super().__init__(data)
        self.currency, locale = currency, to_locale(get_language() or current_tenant().language)
        for each in denominations(currency):
            self.fields[f"piece-{each.minor}"] = forms.IntegerField(
                label=each.shown(locale),
                required=False,
                min_value=0,
                max_value=MOST_PIECES,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            )
        self.fields["counted"] = MoneyField(
            label=_("Or the sum"),
            required=False,
            currency=currency,
            help_text=_("Heeded if no coin and no note is counted."),
        )
        say_nothing_of_optional(self)

    def pieces(self) -> Iterator[forms.BoundField]:
        for each in denominations(self.currency):
            yield self[f"piece-{each.minor}"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and data.get("counted") is None and not self._counted(data):
            self.add_error("counted", _("Count the coins and notes, or say the sum."))
        return data

    def found(self) -> Counted:
        pieces = self._counted(self.cleaned_data)
        return counted_in_pieces(pieces, self.currency) if pieces else Counted(self.cleaned_data["counted"])

    def _counted(self, data: dict[str, Any]) -> dict[int, int]:
        values = (each.minor for each in denominations(self.currency))
        return {value: number for value in values if (number := data.get(f"piece-{value}"))}


class MoveForm(forms.Form):
    """What goes in or out beside payments, and why."""

    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=MoveKind.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_TILL_REASON,
        help_text=gettext_lazy("Such as stamps, change, or the way to the bank."),
    )

    def __init__(self, data: Any, *, currency: str) -> None:
        super().__init__(data, initial={"kind": MoveKind.PAID_OUT.value})
        self.fields["amount"] = MoneyField(label=_("Amount"), currency=currency)
        self.order_fields(["kind", "amount", "reason"])


class ClosingForm(forms.Form):
    """Why what was counted is not what was expected."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=LONGEST_TILL_REASON, required=False)

    def __init__(self, data: Any, *, differs: bool) -> None:
        super().__init__(data)
        self.fields["reason"].required = differs
        if not differs:
            del self.fields["reason"]


class TillForm(forms.Form):
    """A new drawer: what it is called, and where it is if there are places. It is in the practice's currency."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_TILL_NAME)
    location = forms.TypedChoiceField(label=gettext_lazy("At"), coerce=UUID)

    def __init__(self, data: Any, *, places: Sequence[scheduling.LocationCard]) -> None:
        super().__init__(data)
        set_choices(self, "location", [(str(place.id), place.name) for place in places])
        if not places:
            del self.fields["location"]

    def details(self) -> TillDetails:
        data = self.cleaned_data
        return TillDetails(name=data["name"], location_id=data.get("location"), currency=current_tenant().currency)


class TillChangeForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_TILL_NAME)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False)


class TillRulesForm(forms.Form):
    needs_open_till = forms.BooleanField(
        label=gettext_lazy("Cash needs an open till"),
        required=False,
        help_text=gettext_lazy("Otherwise it can be taken outside any session, and is listed as such."),
    )
    blind_count = forms.BooleanField(
        label=gettext_lazy("Count before what should be there is shown"),
        required=False,
        help_text=gettext_lazy("Whoever counts first counts what is there, and not what they are to find."),
    )

    def __init__(self, data: Any, *, rules: TillRules) -> None:
        super().__init__(data, initial={"needs_open_till": rules.needs_open_till, "blind_count": rules.blind_count})
