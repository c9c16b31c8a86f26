"""What is filled in on the platform's own host, and on the pages of the team."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from access.models import INVITED_ROLES, Role, RoleChange
from access.presets import Reach
from access.roles import LONGEST_REASON
from access.second_step import AskedOf
from tenants import locales
from tenants.signup import SignUp
from tenants.verticals import VERTICALS
from webui.fields import set_choices
from webui.templatetags.ui import word

# What a brand may start with; hues between 8 and 42 mean danger and are not offered (webui.theme).
HUES = ((222, _("Petrol")), (165, _("Pine")), (120, _("Moss")), (55, _("Amber")), (340, _("Plum")), (300, _("Violet")),
        (265, _("Indigo")))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherWorkspace:
    """What `signup.reserve_for` needs of somebody who has an account already."""

    name: str
    vertical: str
    subdomain: str
    time_zone: str
    currency: str
    language: str
    brand_hue: int


class WorkspaceForm(forms.Form):
    """A workspace for somebody who is signed in."""

    name = forms.CharField(
        label=_("Name of your practice"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
    )
    subdomain = forms.CharField(
        label=_("Your address"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    vertical = forms.ChoiceField(
        label=_("What kind of practice?"),
        choices=[(key, vertical.label) for key, vertical in VERTICALS.items()],
        widget=forms.RadioSelect,
        initial="clinic",
    )
    brand_hue = forms.TypedChoiceField(
        label=_("Your colour"), choices=HUES, coerce=int, widget=forms.RadioSelect, initial=HUES[0][0]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), widget=forms.Select(attrs={"data-guess": ""}))
    currency = forms.ChoiceField(label=_("Currency"))
    language = forms.ChoiceField(label=_("Language"))

    def __init__(self, *args: Any, region: str = "", **kwargs: Any) -> None:
        """`region` is where the browser seems to be: it only chooses what is shown first."""
        super().__init__(*args, **kwargs)
        self._offer("time_zone", locales.time_zones(), locales.time_zone_of(region))
        self._offer("currency", locales.currencies(to_locale(get_language() or "en")), locales.currency_of(region))
        self._offer("language", locales.languages(), get_language() or "")

    def _offer(self, name: str, choices: locales.Choices, guess: str) -> None:
        field: Any = self.fields[name]
        field.choices = choices if guess else [("", _("Choose")), *choices]
        self.initial.setdefault(name, guess)

    def wish(self) -> FurtherWorkspace | SignUp:
        return FurtherWorkspace(**self.cleaned_data)


class SignUpForm(WorkspaceForm):
    """A workspace, and the account of its owner."""

    owner_name = forms.CharField(
        label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(label=_("Your e-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("12 characters or more. A few words that only you put together are best."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": "12"}, render_value=False),
    )

    def wish(self) -> SignUp:
        return SignUp(**self.cleaned_data)


class SubdomainForm(forms.Form):
    subdomain = forms.CharField(
        label=_("Name at Atrium"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_subdomain(self) -> str:
        typed: str = self.cleaned_data["subdomain"]
        return typed.lower()


class DomainForm(forms.Form):
    name = forms.CharField(
        label=_("Domain"),
        max_length=300,
        help_text=_("Such as www.praxis-example.com. With and without www are two domains."),
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false", "inputmode": "url"}
        ),
    )


def role_choices(roles: Iterable[Role]) -> list[tuple[str, str]]:
    """Name the roles in the vertical's words: a vet practice's practitioners are vets."""
    return [(role.value, word(role.value) if role == Role.PRACTITIONER else str(role.label)) for role in roles]


class InvitationForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "role", role_choices(reversed(INVITED_ROLES)))


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, may_make_owners: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [*([Role.OWNER] if may_make_owners else []), *INVITED_ROLES]
        set_choices(self, "role", role_choices(offered))


class SecondStepForm(forms.Form):
    asked_of = forms.ChoiceField(
        label=_("A second step is asked of"), choices=AskedOf.choices, widget=forms.RadioSelect
    )


class RightForm(forms.Form):
    """How far a role may go with one permission, and why it is so here."""

    reach = forms.ChoiceField(label=_("How far"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Whoever looks at the roles reads this."),
    )

    def __init__(self, *args: Any, choices: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "reach", choices)

    def chosen(self) -> Reach | None:
        reach: str = self.cleaned_data["reach"]
        return None if reach == RoleChange.NONE else Reach(reach)


class BackToPresetForm(forms.Form):
    reason = forms.CharField(
        label=_("Why the preset shall hold again"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )


class ClosingForm(forms.Form):
    """Somebody's word that their account is to go."""

    understood = forms.BooleanField(
        label=_("I understand that this cannot be undone."),
        error_messages={"required": _("Tick this first: nobody can bring the account back.")},
    )
