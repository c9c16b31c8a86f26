"""A document: the file, what it is, and who sees it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from kernel.ids import is_id
from modules.crm.models import Document, EpisodeOfCare, Paper, ScanState, Visibility
from modules.crm.selectors import DocumentFilter, own_kinds
from modules.crm.services import DocumentDetails, Upload
from webui.fields import say_nothing_of_optional

OFF = {"autocomplete": "off"}
TAKEN = "application/pdf,image/jpeg,image/png,image/webp"  # what the file dialog offers; what comes is looked into


def kinds_offered(now: Document | None = None) -> list[tuple[str, str]]:
    """Return the types to choose from: everybody's, the workspace's own, and the one a document has."""
    own = own_kinds()
    if now is not None and now.own_kind is not None and now.own_kind not in own:
        own.append(now.own_kind)
    usual = [(each.value, str(each.label)) for each in Paper if each is not Paper.OWN]
    return [*usual, *((str(each.pk), each.name) for each in own)]


class FileForm(forms.Form):
    """One file: chosen or dropped here, or taken with the telephone's camera."""

    file = forms.FileField(
        label=_("PDF or picture"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": TAKEN, "data-dropzone": ""}),
        help_text=_("Drop it here, or choose it. PDF, JPEG, PNG or WebP."),
    )
    photo = forms.FileField(
        label=_("Or take a picture"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png", "capture": "environment"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_nothing_of_optional(self, "file", "photo")  # one of the two is needed

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("file") and not cleaned.get("photo") and not {"file", "photo"} & set(self.errors):
            self.add_error("file", _("Choose a file, or take a picture."))
        return cleaned

    def upload(self) -> Upload:
        came: UploadedFile = self.cleaned_data.get("file") or self.cleaned_data["photo"]
        return Upload(name=came.name or "", content=came.read())


class DetailsForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=120, widget=forms.TextInput(attrs=OFF))
    kind = forms.ChoiceField(label=_("Type"))
    dated = forms.DateField(label=_("Date on it"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    visibility = forms.ChoiceField(label=_("Who sees it"))
    episode = forms.ChoiceField(label=_("Episode of care"), required=False)
    visit = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        visibilities: list[Visibility],
        episodes: list[EpisodeOfCare] | None = None,
        now: Document | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields
        choices["kind"].choices = kinds_offered(now)
        choices["visibility"].choices = [(each.value, each.label) for each in visibilities]
        if len(visibilities) == 1:
            del self.fields["visibility"]
            self.only = visibilities[0].value
        if episodes:
            choices["episode"].choices = [("", _("None")), *((str(each.pk), _called(each)) for each in episodes)]
        else:
            del self.fields["episode"]

    def details(self, now: Document | None = None) -> DocumentDetails:
        """Return what was filled in; an episode that is not asked for stays as it is."""
        data = self.cleaned_data
        own = is_id(data["kind"])
        episode = data["episode"] or None if "episode" in self.fields else now.episode_id if now else None
        return DocumentDetails(
            title=data["title"],
            dated=data["dated"],
            kind=Paper.OWN if own else data["kind"],
            own_kind_id=UUID(data["kind"]) if own else None,
            visibility=data["visibility"] if "visibility" in self.fields else self.only,
            appointment_id=data["visit"],
            episode_id=UUID(str(episode)) if episode else None,
        )


class UploadForm(FileForm, DetailsForm):
    field_order = ["file", "photo", "title", "kind", "dated", "visibility", "episode", "visit"]


class EndForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=200, widget=forms.TextInput(attrs=OFF))


class KindForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs=OFF))


class FilterForm(forms.Form):
    """What the list of all documents is narrowed to. Nonsense in an address narrows nothing."""

    q = forms.CharField(label=_("Whose"), max_length=100, required=False, widget=forms.TextInput(attrs=OFF))
    kind = forms.ChoiceField(label=_("Type"), required=False)
    visibility = forms.ChoiceField(label=_("Who sees it"), required=False)
    scan = forms.ChoiceField(label=_("Checked"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    portal = forms.BooleanField(label=_("Sent by patients"), required=False)
    ended = forms.BooleanField(label=_("Ended ones"), required=False)

    def __init__(self, *args: Any, visibilities: list[Visibility], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields
        choices["kind"].choices = [("", _("All")), *kinds_offered()]
        choices["visibility"].choices = [("", _("All")), *((each.value, each.label) for each in visibilities)]
        choices["scan"].choices = _all_and(ScanState)
        say_nothing_of_optional(self)

    def wanted(self) -> DocumentFilter:
        data = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        return DocumentFilter(
            kind=data.get("kind", ""),
            visibility=data.get("visibility", ""),
            scan=data.get("scan", ""),
            since=data.get("since"),
            until=data.get("until"),
            search=data.get("q", ""),
            from_portal=data.get("portal", False),
            ended=data.get("ended", False),
        )


def values_of(document: Document) -> dict[str, Any]:
    """Return what a form about a document starts with."""
    return {
        "title": document.title,
        "kind": str(document.own_kind_id or document.kind),
        "dated": document.dated,
        "visibility": document.visibility,
        "episode": str(document.episode_id or ""),
        "visit": document.appointment_id,
    }


def usual_values(on: date, *, visibility: Visibility = Visibility.STAFF, visit: str = "") -> dict[str, Any]:
    """Return what a form for a new document starts with."""
    return {"dated": on, "visibility": visibility, "kind": Paper.LETTER.value, "visit": visit if is_id(visit) else ""}


def _called(episode: EpisodeOfCare) -> str:
    return f"{episode.title or _('Episode of care')} ({episode.opened_at:%Y-%m-%d})"


def _all_and(choices: type[TextChoices]) -> list[tuple[str, Any]]:
    return [("", _("All")), *choices.choices]
