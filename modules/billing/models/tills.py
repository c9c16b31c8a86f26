"""Cash drawers: who opened one with how much in it, what went in and out beside payments, and what was counted."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from kernel.ids import new_id
from kernel.money import Money
from modules.billing.domain.tills import Reckoning

LONGEST_TILL_NAME = 60
LONGEST_TILL_REASON = 200


class TillRules(models.Model):
    """Whether cash needs an open till, and whether it is counted before anybody sees what should be there. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    needs_open_till = models.BooleanField(default=False)
    blind_count = models.BooleanField(default=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="till_rules_are_one")]

    @classmethod
    def here(cls) -> TillRules:
        """Return the rules of the practice; the usual ones, if it has said nothing."""
        return cls.objects.first() or cls()


class Till(models.Model):
    """A cash drawer of a location; of the practice, where there are none. One that is switched off takes no session."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=LONGEST_TILL_NAME)
    location = models.ForeignKey("scheduling.Location", models.PROTECT, null=True, related_name="+")
    currency = models.CharField(max_length=3)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["location", "name"], nulls_distinct=False, name="till_name_once_at_a_location"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.location}" if self.location else self.name


class TillSessionQuerySet(models.QuerySet["TillSession"]):
    def visible_to(self, user: Any) -> TillSessionQuerySet:
        return narrow(self, user, "billing.till")

    def open(self) -> TillSessionQuerySet:
        return self.filter(closed_at=None)

    def for_display(self) -> TillSessionQuerySet:
        return self.select_related("till__location")


class TillSession(models.Model):
    """A drawer from one count to the next. At most one of a till is open, and a closed one takes nothing more.

    Triggers see to that, and that what was expected is what the payments, refunds and moves come to. `pieces` say how
    many there were of each coin and note, by its value in minor units, where that was counted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    till = models.ForeignKey(Till, models.PROTECT, related_name="sessions")
    currency = models.CharField(max_length=3)
    opened_at = models.DateTimeField()
    opened_by_id = models.UUIDField()
    opened_by_name = models.CharField(max_length=150, blank=True)
    opening_minor = models.BigIntegerField()
    opening_pieces = models.JSONField(default=dict, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by_id = models.UUIDField(null=True)
    closed_by_name = models.CharField(max_length=150, blank=True)
    counted_minor = models.BigIntegerField(null=True)
    counted_pieces = models.JSONField(default=dict, blank=True)
    expected_minor = models.BigIntegerField(null=True)
    difference_minor = models.BigIntegerField(null=True)  # what was counted beyond it; below zero, what is missing
    reason = models.CharField(max_length=LONGEST_TILL_REASON, blank=True)

    objects = TillSessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["till"], condition=Q(closed_at=None), name="till_has_one_open_session"),
            models.CheckConstraint(condition=Q(opening_minor__gte=0), name="till_opens_with_no_debt"),
            models.CheckConstraint(
                condition=Q(
                    closed_at=None, closed_by_id=None, counted_minor=None, expected_minor=None, difference_minor=None
                )
                | Q(
                    Q(difference_minor=F("counted_minor") - F("expected_minor")),
                    Q(difference_minor=0) | ~Q(reason=""),
                    closed_at__isnull=False,
                    closed_by_id__isnull=False,
                    counted_minor__gte=0,
                    expected_minor__isnull=False,
                    difference_minor__isnull=False,
                ),
                name="till_session_open_or_counted",
            ),
        ]
        indexes = [models.Index(fields=["-closed_at"], name="till_session_by_end")]

    def __str__(self) -> str:
        return str(self.till)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def opening(self) -> Money:
        return Money(self.opening_minor, self.currency)

    @property
    def counted(self) -> Money | None:
        return self._money(self.counted_minor)

    @property
    def expected(self) -> Money | None:
        return self._money(self.expected_minor)

    @property
    def difference(self) -> Money | None:
        return self._money(self.difference_minor)

    def reckon(self) -> Reckoning:
        """Add up what went through it until now. That stands still only while it is locked, or once it is closed."""
        return Reckoning(
            opening=self.opening_minor,
            payments=_sum(self.payments.all()),
            refunds=_sum(self.refunds.exclude(state="FAILED")),
            paid_in=_sum(self.moves.filter(kind=MoveKind.PAID_IN)),
            paid_out=_sum(self.moves.filter(kind=MoveKind.PAID_OUT)),
        )

    def _money(self, minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, self.currency)


def _sum(rows: models.QuerySet[Any]) -> int:
    return int(rows.aggregate(sum=models.Sum("amount_minor"))["sum"] or 0)


class DrawerRow(models.Model):
    """Something about a session that somebody wrote down. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    at = models.DateTimeField()
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        abstract = True

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class MoveKind(models.TextChoices):
    PAID_IN = "PAID_IN", _("Paid in")
    PAID_OUT = "PAID_OUT", _("Paid out")


class CashMove(DrawerRow):
    """What was put into a drawer or taken out of it, and was nobody's payment: change, stamps, the way to the bank."""

    till_session = models.ForeignKey(TillSession, models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=8, choices=MoveKind)
    reason = models.CharField(max_length=LONGEST_TILL_REASON)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="cash_move_of_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="cash_move_has_a_reason"),
        ]

    @property
    def change_minor(self) -> int:
        """What there is more in the drawer; below zero, less."""
        return self.amount_minor if self.kind == MoveKind.PAID_IN else -self.amount_minor


class TillCount(DrawerRow):
    """What was counted before a session is closed, and what was expected in that moment. Every count is kept."""

    till_session = models.ForeignKey(TillSession, models.PROTECT, related_name="counts")
    pieces = models.JSONField(default=dict, blank=True)
    expected_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gte=0), name="till_count_of_no_debt")]

    @property
    def expected(self) -> Money:
        return Money(self.expected_minor, self.currency)

    @property
    def difference(self) -> Money:
        return self.amount - self.expected
