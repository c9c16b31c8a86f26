"""What every invoice bears: who sends it, and the next number."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.lasting import Lasts
from modules.billing.domain.numbers import LONGEST_PREFIX, Prefixed, shown_number
from modules.billing.domain.states import DocumentKind


class Letterhead(models.Model):
    """What stands at the head of every invoice. There is one; invoices copy it when they are issued.

    `mails_receipts`: the mail about money that came in, or went back, brings the receipt as a PDF.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=120)
    address = models.TextField(max_length=400, blank=True)  # one line of it per line
    tax_number = models.CharField(max_length=40, blank=True)
    days_to_pay = models.PositiveSmallIntegerField(default=14)
    mails_receipts = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="letterhead_is_one")]


DOCUMENT_LABELS = {DocumentKind.INVOICE: _("Invoice"), DocumentKind.CREDIT_NOTE: _("Credit note")}


class NumberSeries(models.Model):
    """The numbers of a kind of document in a year, of one location or of the practice, and what they begin with.

    Its row stays locked until whoever takes a number has committed: so none is ever lost. Once one is taken, its prefix
    stays: a trigger sees to that, and that it only counts forward. Without a prefix (None) a location counts with the
    practice. Where it is, is no foreign key: a series outlasts what a backup knows of places.
    """

    kind = models.CharField(
        max_length=11,
        choices=[(kind.value, label) for kind, label in DOCUMENT_LABELS.items()],
        default=DocumentKind.INVOICE.value,
        db_default=DocumentKind.INVOICE.value,
    )
    location_id = models.UUIDField(null=True)
    year = models.PositiveSmallIntegerField()
    prefix = models.CharField(max_length=LONGEST_PREFIX, null=True, default="", db_default="")
    next = models.PositiveIntegerField(default=1)
    last_on = models.DateField(null=True)  # a later number never bears an earlier date

    when_restored = Lasts()  # rather a gap than a number that two invoices bear

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "location_id", "year"], nulls_distinct=False, name="series_once_a_year"
            ),
            models.UniqueConstraint(fields=["year", "prefix"], name="series_told_apart"),
        ]

    @classmethod
    def prefixes(cls) -> list[Prefixed]:
        """Return what every series begins with, by year."""
        rows = cls.objects.values_list("kind", "location_id", "year", "prefix")
        return [Prefixed(DocumentKind(kind), place, year, prefix) for kind, place, year, prefix in rows]

    @property
    def is_used(self) -> bool:
        return self.next > 1

    def shown(self, sequence: int) -> str:
        return shown_number(self.year, sequence, prefix=self.prefix or "")
