"""Lists of codes that a workspace loads, such as ICD-10 or reasons of its own: what diagnoses are chosen from."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from filestore.models import StoredFile
from history import keeps_history
from kernel.ids import new_id

LONGEST_CODE, LONGEST_DISPLAY = 40, 300


class CodeListState(models.TextChoices):
    CHECKING = "CHECKING", _("Being checked")
    REFUSED = "REFUSED", _("Has mistakes")
    CHECKED = "CHECKED", _("Checked, not used yet")
    LOADING = "LOADING", _("Being loaded")
    FAILED = "FAILED", _("Could not be loaded")
    ACTIVE = "ACTIVE", _("In use")
    REPLACED = "REPLACED", _("Replaced")
    DISCARDED = "DISCARDED", _("Thrown away")


CODES_UNDER_WAY = (CodeListState.CHECKING, CodeListState.LOADING)
TO_LOAD = (CodeListState.CHECKED, CodeListState.FAILED)
TO_DISCARD = (CodeListState.REFUSED, *TO_LOAD)


@keeps_history
class CodeSystem(models.Model):
    """What codes belong to, in FHIR's words a CodeSystem: `uri` is its name for machines."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    uri = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)  # offered no more; what was chosen from it stays

    def __str__(self) -> str:
        return self.name


class CodeList(models.Model):
    """A version of a code system, as a file of it was sent. Its mistakes are kept until another one is sent."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    system = models.ForeignKey(CodeSystem, models.PROTECT, related_name="lists")
    version = models.CharField(max_length=40)
    state = models.CharField(max_length=9, choices=CodeListState.choices, default=CodeListState.CHECKING)
    name = models.CharField(max_length=100)  # of the file
    file = models.ForeignKey(StoredFile, models.SET_NULL, null=True, related_name="+")
    problem = models.CharField(max_length=30, blank=True)  # a word: why none of it could be read, or the kind of error
    mistakes = models.JSONField(default=list)  # the first of them: line, word, detail
    counts = models.JSONField(default=dict)  # total, new, changed, gone, mistakes
    created_at = models.DateTimeField()
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)
    loaded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system"], condition=Q(state="ACTIVE"), name="one_version_of_a_code_system_in_use"
            )
        ]
        indexes = [models.Index(fields=["-created_at"], name="code_list_latest")]

    def __str__(self) -> str:
        return f"{self.system.name} {self.version}"

    @property
    def is_under_way(self) -> bool:
        return self.state in CODES_UNDER_WAY


class Code(models.Model):
    """A code of the version in use. `words` are those it is found by, folded; `key` is the code without signs."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    system = models.ForeignKey(CodeSystem, models.PROTECT, related_name="codes")
    code = models.CharField(max_length=LONGEST_CODE)
    display = models.CharField(max_length=LONGEST_DISPLAY)
    synonyms = ArrayField(models.CharField(max_length=LONGEST_DISPLAY), default=list, db_default=[])
    designations = models.JSONField(default=dict, db_default={})  # what it is called in other languages
    key = models.CharField(max_length=LONGEST_CODE)
    words = ArrayField(models.CharField(max_length=LONGEST_DISPLAY), default=list, db_default=[])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "code"], name="code_of_its_system")]
        indexes = [
            GinIndex(fields=["words"], name="code_words"),
            models.Index(fields=["key"], opclasses=["varchar_pattern_ops"], name="code_by_key"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.display}"

    def display_in(self, language: str) -> str:
        return str(self.designations.get(language.partition("-")[0], self.display))


class CodeWord(models.Model):
    """A word that codes of a system have: what is typed is held against these few thousand, not against every code."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    system = models.ForeignKey(CodeSystem, models.PROTECT, related_name="words")
    word = models.CharField(max_length=LONGEST_DISPLAY)
    bones = models.CharField(max_length=LONGEST_DISPLAY, blank=True)  # its consonants, as far as they say something

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "word"], name="code_word_of_its_system")]
        indexes = [
            GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="code_word_alike"),
            models.Index(fields=["bones"], name="code_word_bones"),
        ]
