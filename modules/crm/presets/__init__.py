"""What a new workspace asks people to agree to and to fill in, and warns of: words that the owner makes their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from modules.crm.domain.questionnaires.content import Content
from modules.crm.models import (
    ConsentKind,
    ConsentText,
    FlagCategory,
    FlagKind,
    FlagSeverity,
    FormPurpose,
    MeasureKind,
    Purpose,
    Questionnaire,
    QuestionnaireVersion,
    usual_reach,
)
from modules.crm.presets.exercises import furnish_exercises
from modules.crm.services.codes import load_starter
from modules.crm.services.codes.starters import STARTERS
from tenants.opening import Opening

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Asked:
    name: Words
    purpose: Purpose
    body: Words
    at_check_in: bool = False


PRIVACY = Asked(
    _("Use of your data"),
    Purpose.PRIVACY,
    _(
        "To look after you we keep your name, how to reach you, your visits and what is written about them.\n\n"
        "Only those who work here and need it see it. Nothing is passed on without your agreement, unless the law "
        "asks us to. You may see what is kept, have it corrected, and ask for a copy at any time."
    ),
    at_check_in=True,
)
NEWS = Asked(
    _("News and offers by e-mail"),
    Purpose.MARKETING,
    _("You may write to me by e-mail with news and offers, a few times a year. I can say no again at any time."),
)
TREATMENT = Asked(
    _("Treatment"),
    Purpose.TREATMENT,
    _(
        "I agree to be examined and treated here. What will be done and why, what it may bring and what may go "
        "wrong is explained to me before, and I can ask, say no or stop at any time.\n\n"
        "I have told you of illnesses, medicines and allergies that matter, and tell you when something changes."
    ),
    at_check_in=True,
)
ANIMAL = Asked(
    _("Treatment of your animal"),
    Purpose.TREATMENT,
    _(
        "I am the owner of this animal, or act for the owner. I agree to its examination and treatment here, and to "
        "the anaesthesia that it needs.\n\nWhat will be done, what it may bring, what may go wrong and about what it "
        "costs is explained to me before. In an emergency you may do at once what cannot wait."
    ),
    at_check_in=True,
)
ASKED: dict[str, tuple[Asked, ...]] = {"clinic": (TREATMENT, PRIVACY), "vet": (ANIMAL,), "shop": (NEWS,)}

ALLERGY, SAFETY, CLINICAL = FlagCategory.ALLERGY, FlagCategory.SAFETY, FlagCategory.CLINICAL
BEHAVIOUR, ADMINISTRATIVE = FlagCategory.BEHAVIOUR, FlagCategory.ADMINISTRATIVE
INFO, CAUTION, DANGER = FlagSeverity.INFO, FlagSeverity.CAUTION, FlagSeverity.DANGER
OWES = (_("Owes money"), ADMINISTRATIVE, CAUTION)
MISSES = (_("Often does not come"), ADMINISTRATIVE, INFO)
WARNED_OF: dict[str, tuple[tuple[Words, FlagCategory, FlagSeverity], ...]] = {
    "clinic": (
        (_("Latex allergy"), ALLERGY, DANGER),
        (_("Fall risk"), SAFETY, CAUTION),
        (_("Pacemaker"), SAFETY, DANGER),
        (_("Takes a blood thinner"), CLINICAL, CAUTION),
        MISSES,
        OWES,
    ),
    "vet": (
        (_("Bites"), BEHAVIOUR, DANGER),
        (_("Scratches"), BEHAVIOUR, CAUTION),
        (_("Fears other animals"), BEHAVIOUR, INFO),
        (_("Reacts badly to an anaesthetic"), SAFETY, DANGER),
        (_("Penicillin allergy"), ALLERGY, DANGER),
        OWES,
    ),
    "shop": (OWES,),
}


@dataclass(frozen=True, slots=True)
class Form:
    """A form to start with: `pages` are headings, each with its questions as `domain.questionnaires` has them."""

    name: Words
    introduction: Words
    pages: tuple[tuple[Words, tuple[Mapping[str, Any], ...]], ...]
    purpose: FormPurpose = FormPurpose.INTAKE
    is_clinical: bool = True
    scoring: Mapping[str, Any] | None = None

    def content(self) -> Content:
        sections = [
            {"title": str(title), "questions": [_spoken(each) for each in questions]} for title, questions in self.pages
        ]
        read = {"introduction": str(self.introduction), "sections": sections, "scoring": _spoken(self.scoring)}
        return Content.model_validate(read)


def _spoken(words: Any) -> Any:
    """Return the same with each text in the language of the moment."""
    if isinstance(words, Mapping):
        return {name: _spoken(each) for name, each in words.items()}
    if isinstance(words, list | tuple):
        return [_spoken(each) for each in words]
    return str(words) if isinstance(words, Promise) else words


KNOWN = {"is_prefilled": True, "is_taken_over": True}
PHONE = {"key": "phone", "kind": "short", "text": _("Your phone"), "field": "client.phone", **KNOWN}
STREET = {"key": "street", "kind": "short", "text": _("Street and number"), "field": "client.street", **KNOWN}
POSTCODE = {"key": "postcode", "kind": "short", "text": _("Postal code"), "field": "client.postal_code", **KNOWN}
TOWN = {"key": "town", "kind": "short", "text": _("Town"), "field": "client.city", **KNOWN}
BORN = {"key": "born", "kind": "date", "text": _("Your date of birth"), "field": "patient.birth_date", **KNOWN}
TRUE = {"key": "signed", "kind": "signature", "text": _("Your signature")}


def _if_yes(key: str) -> dict[str, Any]:
    return {"shown_if": {"question": key, "answer": True}}


FIRST_VISIT = Form(
    _("Before your first visit"),
    _("A few minutes now leave more time for you later. Leave out what you would rather say in person."),
    (
        (_("You"), (BORN, PHONE, STREET, POSTCODE, TOWN)),
        (
            _("What brings you"),
            (
                {"key": "why", "kind": "long", "text": _("What brings you to us?"), "is_required": True},
                {
                    "key": "since",
                    "kind": "one",
                    "text": _("Since when?"),
                    "choices": [
                        {"key": "days", "text": _("A few days")},
                        {"key": "weeks", "text": _("A few weeks")},
                        {"key": "months", "text": _("Months")},
                        {"key": "years", "text": _("Years")},
                    ],
                },
                {
                    "key": "pain",
                    "kind": "scale",
                    "text": _("How strong is the pain on a usual day?"),
                    "least_label": _("none"),
                    "most_label": _("cannot be worse"),
                },
            ),
        ),
        (
            _("Your health"),
            (
                {"key": "medicines", "kind": "yes_no", "text": _("Do you take medicines?"), "is_required": True},
                {"key": "which", "kind": "long", "text": _("Which ones, and how much?"), **_if_yes("medicines")},
                {"key": "allergies", "kind": "yes_no", "text": _("Do you have allergies?"), "is_required": True},
                {"key": "allergic_to", "kind": "short", "text": _("To what?"), **_if_yes("allergies")},
                {"key": "before", "kind": "long", "text": _("Operations, accidents, illnesses that we should know of")},
                TRUE,
            ),
        ),
    ),
)
HOW_IT_GOES = Form(
    _("How it goes"),
    _("Think of the last seven days. 0 is no trouble at all, 10 is as bad as can be."),
    (
        (
            "",
            tuple(
                {"key": key, "kind": "scale", "text": text, "is_required": True}
                for key, text in (
                    ("pain", _("Pain")),
                    ("everyday", _("Trouble with what you do every day")),
                    ("work", _("Trouble at work, or with what you like to do")),
                    ("sleep", _("Trouble sleeping")),
                    ("worry", _("Worry about how it will go on")),
                )
            ),
        ),
    ),
    purpose=FormPurpose.OUTCOME,
    scoring={
        "method": "sum",
        "questions": ["pain", "everyday", "work", "sleep", "worry"],
        "may_miss": 1,
        "bands": [
            {"begins": 0, "text": _("Little trouble")},
            {"begins": 15, "text": _("Some trouble")},
            {"begins": 30, "text": _("Much trouble")},
        ],
    },
)
ABOUT_THE_ANIMAL = Form(
    _("About your animal"),
    _("So that we are prepared when you come."),
    (
        (
            _("Your animal"),
            (
                {"key": "breed", "kind": "short", "text": _("Breed"), "field": "patient.breed", **KNOWN},
                {"key": "colour", "kind": "short", "text": _("Colour"), "field": "patient.colour", **KNOWN},
                {"key": "food", "kind": "short", "text": _("What does it eat?")},
                {"key": "lives", "kind": "one", "text": _("Where does it live?"), "choices": [
                    {"key": "in", "text": _("Indoors")}, {"key": "out", "text": _("Outdoors")},
                    {"key": "both", "text": _("Both")}]},
            ),
        ),
        (
            _("Its health"),
            (
                {"key": "why", "kind": "long", "text": _("What brings you to us?"), "is_required": True},
                {"key": "vaccinated", "kind": "date", "text": _("When was it vaccinated last?")},
                {"key": "medicines", "kind": "yes_no", "text": _("Does it get medicines?"), "is_required": True},
                {"key": "which", "kind": "long", "text": _("Which ones, and how much?"), **_if_yes("medicines")},
                {"key": "bites", "kind": "yes_no", "text": _("Is it afraid of strangers, or does it bite?")},
                {**PHONE, "text": _("Where do we reach you while it is here?")},
                TRUE,
            ),
        ),
    ),
)  # fmt: skip
ABOUT_YOU = Form(
    _("What you like"),
    _("So that we find the right thing for you."),
    (
        (
            "",
            (
                PHONE,
                {"key": "reach", "kind": "several", "text": _("How may we tell you that something has come in?"),
                 "choices": [{"key": "mail", "text": _("By e-mail")}, {"key": "call", "text": _("By telephone")}]},
                {"key": "sizes", "kind": "short", "text": _("Your sizes")},
                {"key": "wishes", "kind": "long", "text": _("What do you look for?")},
            ),
        ),
    ),
    is_clinical=False,
)  # fmt: skip
FORMS: dict[str, tuple[Form, ...]] = {
    "clinic": (FIRST_VISIT, HOW_IT_GOES),
    "vet": (ABOUT_THE_ANIMAL,),
    "shop": (ABOUT_YOU,),
}


NOT_SAID = (None, None)
# What is measured: unit by UCUM, decimals, from where to where it can be, and what is usual.
MEASURED: dict[str, tuple[tuple[Words, str, int, tuple[int, int], tuple[float | None, float | None]], ...]] = {
    "clinic": (
        (_("Pain (0 to 10)"), "{score}", 0, (0, 10), NOT_SAID),
        (_("Knee, flexion, right"), "deg", 0, (-20, 170), (130, 160)),
        (_("Knee, flexion, left"), "deg", 0, (-20, 170), (130, 160)),
        (_("Shoulder, flexion, right"), "deg", 0, (-20, 200), (160, 180)),
        (_("Shoulder, flexion, left"), "deg", 0, (-20, 200), (160, 180)),
        (_("Grip strength, right"), "kg", 1, (0, 120), NOT_SAID),
        (_("Grip strength, left"), "kg", 1, (0, 120), NOT_SAID),
        (_("Body temperature"), "Cel", 1, (30, 45), (36.1, 37.5)),
        (_("Heart rate"), "/min", 0, (20, 250), (60, 100)),
    ),
    "vet": (
        (_("Body temperature"), "Cel", 1, (30, 45), NOT_SAID),
        (_("Heart rate"), "/min", 0, (10, 600), NOT_SAID),
        (_("Breaths"), "/min", 0, (2, 300), NOT_SAID),
        (_("Body condition (1 to 9)"), "{score}", 0, (1, 9), (4, 5)),
        (_("Pain (0 to 10)"), "{score}", 0, (0, 10), NOT_SAID),
    ),
}


def furnish(opening: Opening) -> None:
    """Publish the vertical's usual texts and forms, and offer its usual flags, in the tenant's language."""
    with override(opening.tenant.language):
        for name, category, severity in WARNED_OF.get(opening.tenant.vertical, ()):
            FlagKind.objects.create(name=str(name), category=category, severity=severity, reach=usual_reach(category))
    _publish_texts(opening)
    _publish_forms(opening)
    furnish_exercises(opening)
    _load_codes(opening)
    _offer_measures(opening)


def _load_codes(opening: Opening) -> None:
    """Offer the vertical's own list to choose diagnoses from."""
    if opening.tenant.vertical in STARTERS:
        with override(opening.tenant.language):
            load_starter(vertical=opening.tenant.vertical, by=opening.owner, at=opening.at)


def _offer_measures(opening: Opening) -> None:
    """Offer what is usually measured."""
    with override(opening.tenant.language):
        for name, unit, decimals, span, normal in MEASURED.get(opening.tenant.vertical, ()):
            bounds = dict(zip(("lowest", "highest", "normal_low", "normal_high"), (*span, *normal), strict=True))
            MeasureKind.objects.create(name=str(name), unit=unit, decimals=decimals, **bounds)


def _publish_texts(opening: Opening) -> None:
    language, author = opening.tenant.language, {"published_by_id": opening.owner.pk}
    with override(language):
        for asked in ASKED.get(opening.tenant.vertical, ()):
            name, body = str(asked.name), str(asked.body)
            kind = ConsentKind.objects.create(name=name, purpose=asked.purpose, asked_at_check_in=asked.at_check_in)
            wording = {"kind": kind, "language": language, "version": 1, "title": name, "body": body}
            times = {"written_at": opening.at, "published_at": opening.at}
            ConsentText.objects.create(**wording, **times, **author, published_by_name=opening.owner_member.name)


def _publish_forms(opening: Opening) -> None:
    """Publish the vertical's usual forms. They are asked for by hand."""
    with override(opening.tenant.language):
        for form in FORMS.get(opening.tenant.vertical, ()):
            parts = form.content().model_dump(mode="json")
            about = {"purpose": form.purpose, "is_clinical": form.is_clinical, "draft": parts}
            questionnaire = Questionnaire.objects.create(name=str(form.name), **about)
            who = {"published_by_id": opening.owner.pk, "published_by_name": opening.owner_member.name}
            QuestionnaireVersion.objects.create(
                questionnaire=questionnaire, number=1, parts=parts, published_at=opening.at, **who
            )
