"""The forms that notes are written in, version by version, and the phrases that a short word stands for."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from kernel.ids import new_id

LONGEST_TEMPLATE_NAME, LONGEST_WORD, LONGEST_PHRASE = 80, 20, 2_000


class Section(NamedTuple):
    """A heading of a note, and what the editor asks for under it. `name` is what its text is kept by."""

    name: str
    heading: Any
    prompt: str = ""


class NoteTemplate(models.Model):
    """A form for notes. Its sections are in its versions: a note keeps the one that it was written in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=LONGEST_TEMPLATE_NAME)
    ended_at = models.DateTimeField(null=True)  # nobody begins a note in it any more

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=Q(ended_at=None), name="note_template_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class TemplateVersionQuerySet(models.QuerySet["NoteTemplateVersion"]):
    def current(self) -> TemplateVersionQuerySet:
        """The latest version of each template that is in use."""
        rows = self.filter(template__ended_at=None).select_related("template")
        return rows.order_by("template_id", "-number").distinct("template_id")


class NoteTemplateVersion(models.Model):
    """The sections of a template, from when to when a newer one came. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    template = models.ForeignKey(NoteTemplate, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    parts = models.JSONField()  # [[heading, prompt], …]
    made_at = models.DateTimeField()
    made_by_id = models.UUIDField()
    made_by_name = models.CharField(max_length=150)

    objects = TemplateVersionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="note_template_version_once")]

    @property
    def sections(self) -> list[Section]:
        return [Section(f"s{place}", heading, prompt) for place, (heading, prompt) in enumerate(self.parts, start=1)]


class PhraseQuerySet(models.QuerySet["Phrase"]):
    def of(self, user: Any) -> PhraseQuerySet:
        """One's own and those that are everybody's; one's own first where both have a word."""
        return self.filter(Q(owner_id=user.pk) | Q(owner_id=None)).order_by("word", "owner_id")


class Phrase(models.Model):
    """What a short word stands for in the editor: one person's, or everybody's."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner_id = models.UUIDField(null=True)  # nobody: everybody's
    word = models.CharField(max_length=LONGEST_WORD)
    text = models.TextField(max_length=LONGEST_PHRASE)

    objects = PhraseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("owner_id", Lower("word"), nulls_distinct=False, name="phrase_word_once")
        ]

    def __str__(self) -> str:
        return self.word
