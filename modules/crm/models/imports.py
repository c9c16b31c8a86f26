"""Files of people from elsewhere: what was read in them, what becomes of each row, and what it takes to undo that."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from filestore.models import StoredFile
from kernel.ids import new_id
from kernel.lasting import Lasts
from privacy.fields import SealedCharField, SealedTextField


class ImportState(models.TextChoices):
    READING = "READING", _("Being read")
    UNREADABLE = "UNREADABLE", _("Not readable")
    MAPPING = "MAPPING", _("Columns to be chosen")
    CHECKING = "CHECKING", _("Being checked")
    CHECKED = "CHECKED", _("Checked, nothing imported yet")
    IMPORTING = "IMPORTING", _("Being imported")
    DONE = "DONE", _("Imported")
    UNDOING = "UNDOING", _("Being undone")
    UNDONE = "UNDONE", _("Undone")
    DISCARDED = "DISCARDED", _("Thrown away")


UNDER_WAY = (ImportState.READING, ImportState.CHECKING, ImportState.IMPORTING, ImportState.UNDOING)


class Rule(models.TextChoices):
    """What becomes of a row about somebody who is known already."""

    SKIP = "skip", _("Leave them as they are")
    FILL = "fill", _("Add what is missing")
    OVERWRITE = "overwrite", _("Overwrite with what the file says")
    CREATE = "create", _("Register them anyway")


class Outcome(models.TextChoices):
    NEW = "new", _("New")
    KNOWN = "known", _("Known already")
    TWICE = "twice", _("Twice in the file")
    ERROR = "error", _("Cannot be imported")


class Done(models.TextChoices):
    CREATED = "created", _("Registered")
    CHANGED = "changed", _("Changed")
    SKIPPED = "skipped", _("Left out")


class PeopleImport(models.Model):
    """One file. `digest` is of its bytes; `columns` says which field each column goes into, by its place.

    `file` is there until the columns are chosen. What was imported is imported whole, and until `rows_until` it can be
    undone; then what its rows said is forgotten.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.READING)
    name = SealedCharField(max_length=100)  # what whoever sent it calls it
    digest = models.CharField(max_length=64)  # SHA-256
    size = models.PositiveBigIntegerField()
    file = models.OneToOneField(StoredFile, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    sheet = models.CharField(max_length=80, blank=True)
    other_sheets = models.PositiveIntegerField(default=0)
    headers = models.JSONField(default=list)
    columns = models.JSONField(default=dict)
    day_first = models.BooleanField(default=True)
    country = models.CharField(max_length=2, blank=True)
    rule = models.CharField(max_length=10, choices=Rule, default=Rule.SKIP)
    total = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)  # by outcome, then by what was done
    problem = models.CharField(max_length=40, blank=True)
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)
    asked_by_id = models.UUIDField()  # who had the last step begun
    created_at = models.DateTimeField()
    imported_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    rows_until = models.DateTimeField()

    kept_out_of_exports = True  # of no use without its rows
    when_restored = Lasts(known=True)

    class Meta:
        indexes = [
            models.Index(fields=["-created_at"], name="people_import_by_time"),
            models.Index(fields=["digest"], name="people_import_of_file"),
        ]

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY


class ImportedRow(models.Model):
    """A row of a file: its cells, what was found about it, what somebody decided, and what was done.

    `before` says of somebody who was known what stood there before, and what was written in its place.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    imported = models.ForeignKey(PeopleImport, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()  # where it stands in the file
    cells = SealedTextField()
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    problems = SealedTextField(blank=True)
    twin = models.PositiveIntegerField(null=True)  # the number of the row that says the same
    matched_id = models.UUIDField(null=True)  # the patient who is known
    reasons = models.JSONField(default=list)
    decision = models.CharField(max_length=10, choices=Rule, blank=True)  # another one than the rule
    done = models.CharField(max_length=10, choices=Done, blank=True)
    patient_id = models.UUIDField(null=True)
    client_id = models.UUIDField(null=True)  # who was registered with them
    weight_id = models.UUIDField(null=True)
    before = SealedTextField(blank=True)
    kept = models.CharField(max_length=60, blank=True)  # why it was not undone

    kept_out_of_exports = True  # a copy of what is elsewhere
    when_restored = Lasts(known=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["imported", "number"], name="imported_row_once")]
        indexes = [models.Index(fields=["imported", "outcome", "number"], name="imported_row_by_outcome")]


class ColumnMapping(models.Model):
    """Which field each header went into the last time that a file had these headers."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    headers_digest = models.CharField(max_length=64, unique=True)
    fields = models.JSONField()  # header -> field
    country = models.CharField(max_length=2, blank=True)
    saved_at = models.DateTimeField()
