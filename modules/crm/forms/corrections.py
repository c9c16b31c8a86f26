"""What somebody asks to have put right, and the answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from modules.crm.domain.corrections import LONGEST_STATEMENT, LONGEST_VALUE
from modules.crm.models import FIELD_LABELS, Document, Note
from modules.crm.services.corrections import Wish
from webui.fields import say_nothing_of_optional, set_choices

OFF = {"autocomplete": "off"}
LONGEST_ANSWER = 2_000


class CorrectionForm(forms.Form):
    """Which of the data is not right. `about` names a field, a note, a document, or nothing of these."""

    about = forms.ChoiceField(label=_("What is not right?"), required=False)
    right = forms.CharField(
        label=_("What is right"),
        max_length=LONGEST_VALUE,
        required=False,
        widget=forms.TextInput(attrs=OFF),
        help_text=_("Just as it should read. A date as year, month and day: 1984-05-23."),
    )
    words = forms.CharField(
        label=_("In your words"),
        max_length=LONGEST_STATEMENT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Needed for anything that is not one of your details: what is written, and what is right."),
    )

    def __init__(self, *args: Any, present: dict[str, str], notes: list[Note], papers: list[Document], **kw: Any):
        super().__init__(*args, **kw)
        fields = [(f"field:{name}", f"{label}: {present[name] or '–'}") for name, label in FIELD_LABELS.items()]
        choices: list[tuple[str, Any]] = [("", _("Something else")), (str(_("Your details")), fields)]
        if notes:
            named = [(f"note:{each.pk}", f"{each.signed_at:%Y-%m-%d}, {each.author_name}") for each in notes]
            choices.append((str(_("A note that was shared with you")), named))
        if papers:
            named = [(f"document:{each.pk}", each.title) for each in papers]
            choices.append((str(_("A document")), named))
        set_choices(self, "about", choices)
        say_nothing_of_optional(self)

    def wish(self) -> Wish:
        data = self.cleaned_data
        kind, _colon, which = data["about"].partition(":")
        words = {"right": data["right"] if kind == "field" else "", "words": data["words"]}
        return Wish(
            field=which if kind == "field" else "",
            note_id=which if kind == "note" else None,
            document_id=which if kind == "document" else None,
            **words,
        )


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=_("Answer"), max_length=LONGEST_ANSWER, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        say_nothing_of_optional(self)
