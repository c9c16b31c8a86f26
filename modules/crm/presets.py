"""What a new workspace asks people to agree to: words to start with, which the owner makes their own."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from modules.crm.models import ConsentKind, ConsentText, Purpose
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


def furnish(opening: Opening) -> None:
    """Publish the vertical's usual texts in the tenant's language."""
    language, author = opening.tenant.language, {"published_by_id": opening.owner.pk}
    with override(language):
        for asked in ASKED.get(opening.tenant.vertical, ()):
            name, body = str(asked.name), str(asked.body)
            kind = ConsentKind.objects.create(name=name, purpose=asked.purpose, asked_at_check_in=asked.at_check_in)
            wording = {"kind": kind, "language": language, "version": 1, "title": name, "body": body}
            times = {"written_at": opening.at, "published_at": opening.at}
            ConsentText.objects.create(**wording, **times, **author, published_by_name=opening.owner_member.name)
