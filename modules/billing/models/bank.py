"""What the bank says came and went: statements that were read from files, their lines, and what each was."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.ids import new_id
from kernel.money import Money
from modules.billing.models.payments import Payment
from modules.billing.models.settling import Refund

LONGEST_TEXT = 1000
LONGEST_REFERENCE = 140
LONGEST_NAME_OF_PARTY = 140
LONGEST_ACCOUNT = 34


class Described(models.Model):
    """Who sent a file, and when."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)  # SHA-256 of the file
    at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        abstract = True


class BankColumns(models.Model):
    """What the columns of a table from a bank are: said once, known again by the row of its headers.

    `roles` has a word for each column, empty for one that is left out.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    headers_key = models.CharField(max_length=64, unique=True)
    roles = ArrayField(models.CharField(max_length=12, blank=True))
    day_first = models.BooleanField(default=True)
    decimal_sign = models.CharField(max_length=1)
    account = models.CharField(max_length=LONGEST_ACCOUNT)


class BankTable(Described):
    """A table from a bank whose columns nobody has confirmed yet. It goes once its lines are kept, or after a week."""

    rows = models.TextField()  # as JSON: the headers, and the rows below them

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="bank_table_once")]


class BankStatement(Described):
    """What the bank says of an account, for some days. The file itself is not kept."""

    place = models.PositiveSmallIntegerField(default=0)  # in its file, which may have several
    account = models.CharField(max_length=LONGEST_ACCOUNT)  # an IBAN, or what the bank calls it
    currency = models.CharField(max_length=3)
    since = models.DateField()
    until = models.DateField()
    opening_minor = models.BigIntegerField(null=True)
    closing_minor = models.BigIntegerField(null=True)
    known_before = models.PositiveIntegerField(default=0)  # lines of the file that an earlier one had, too

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest", "place"], name="bank_statement_once"),
            models.CheckConstraint(condition=Q(since__lte=models.F("until")), name="bank_statement_of_days"),
        ]
        indexes = [models.Index(fields=["-until", "-at"], name="bank_statement_by_day")]

    def __str__(self) -> str:
        return self.account

    @property
    def opening(self) -> Money | None:
        return None if self.opening_minor is None else Money(self.opening_minor, self.currency)

    @property
    def closing(self) -> Money | None:
        return None if self.closing_minor is None else Money(self.closing_minor, self.currency)


class LineState(models.TextChoices):
    OPEN = "OPEN", _("Open")
    MATCHED = "MATCHED", _("Matched")
    IGNORED = "IGNORED", _("Left out")


class BankLine(models.Model):
    """Money that came, or below nothing went. What the bank says of it never changes; what it was is decided on.

    `key` is what makes it this line (`domain/bank/lines.py`), and `nth` counts those that are alike. `client` is whose
    money it turned out to be.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    booked_on = models.DateField()
    value_on = models.DateField(null=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    text = models.CharField(max_length=LONGEST_TEXT, blank=True)
    reference = models.CharField(max_length=LONGEST_REFERENCE, blank=True)
    party_name = models.CharField(max_length=LONGEST_NAME_OF_PARTY, blank=True)
    party_iban = models.CharField(max_length=LONGEST_ACCOUNT, blank=True)
    bank_reference = models.CharField(max_length=LONGEST_REFERENCE, blank=True)
    key = models.CharField(max_length=64)
    nth = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=7, choices=LineState, default=LineState.OPEN)
    ignored_because = models.CharField(max_length=200, blank=True)
    client = models.ForeignKey("crm.Client", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "nth"], name="bank_line_once"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="bank_line_of_something"),
            models.CheckConstraint(
                condition=Q(state=LineState.IGNORED.value) & ~Q(ignored_because="")
                | (~Q(state=LineState.IGNORED.value) & Q(ignored_because="")),
                name="bank_line_ignored_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state=LineState.OPEN.value, decided_at=None)
                | (~Q(state=LineState.OPEN.value) & Q(decided_at__isnull=False)),
                name="bank_line_open_or_decided",
            ),
        ]
        indexes = [
            models.Index(fields=["statement", "position"], name="bank_line_in_its_place"),
            models.Index(fields=["party_iban"], condition=Q(client__isnull=False), name="bank_line_of_known_account"),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_incoming(self) -> bool:
        return self.amount_minor > 0

    @property
    def is_open(self) -> bool:
        return self.state == LineState.OPEN


class BankMatch(models.Model):
    """What a line was: a payment, or a refund. One that is undone stays, and counts no more.

    `made`: the payment was written down by confirming the line, and goes when that is undone; else it was there before.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    line = models.ForeignKey(BankLine, models.PROTECT, related_name="matches")
    position = models.PositiveSmallIntegerField()
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="bank_matches")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="bank_matches")
    made = models.BooleanField()
    at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=150, blank=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(payment__isnull=False, refund=None) | Q(payment=None, refund__isnull=False, made=False),
                name="bank_match_is_one_thing",
            ),
            models.UniqueConstraint(
                fields=["line", "position"], condition=Q(undone_at=None), name="bank_line_matched_once"
            ),
            models.UniqueConstraint(fields=["payment"], condition=Q(undone_at=None), name="bank_payment_matched_once"),
            models.UniqueConstraint(fields=["refund"], condition=Q(undone_at=None), name="bank_refund_matched_once"),
        ]
