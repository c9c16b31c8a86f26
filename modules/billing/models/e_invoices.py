"""Electronic invoices: as what a practice sends them, where clients get them, and how each of them stands."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from kernel.lasting import Lasts
from modules.billing.domain.e_invoices import ASKS_FOR_SOMEBODY, STANDS, Format, State
from modules.billing.domain.states import Status
from modules.billing.models.invoices import Invoice, open_to

FORMAT_LABELS = {Format.FATTURAPA: _("FatturaPA"), Format.FACTUR_X: _("Factur-X")}
STATE_OF_FILE_LABELS = {
    State.LACKING: _("Not made"),
    State.MADE: _("To be sent"),
    State.SENT: _("Sent"),
    State.ACCEPTED: _("Accepted"),
    State.REJECTED: _("Refused"),
    State.ARCHIVED: _("Archived"),
}
LONGEST_REJECTION = 300


class Carrier(models.TextChoices):
    """Who brings files to whoever takes them."""

    BY_HAND = "BY_HAND", _("Somebody here: download, upload, write down what became of it")
    REHEARSAL = "REHEARSAL", _("Nobody: a rehearsal, every file is taken and none is sent")


class Regime(models.TextChoices):
    """How an Italian seller is taxed (FatturaPA, RegimeFiscale), as far as practices and shops are."""

    ORDINARY = "RF01", _("RF01, ordinary")
    MINIMUM = "RF02", _("RF02, minimum taxpayers")
    OTHER = "RF18", _("RF18, other")
    FLAT = "RF19", _("RF19, flat scheme (forfettario)")


class EInvoiceRules(models.Model):
    """Which electronic invoices a practice makes, for whom, and what they say of the practice. There is one."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    fatturapa = models.BooleanField(default=False)
    factur_x = models.BooleanField(default=False)
    only_businesses = models.BooleanField(default=True)
    carrier = models.CharField(max_length=9, choices=Carrier, default=Carrier.BY_HAND)
    street = models.CharField(max_length=120, blank=True)
    postal_code = models.CharField(max_length=16, blank=True)
    city = models.CharField(max_length=80, blank=True)
    province = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, blank=True)
    vat_id = models.CharField(max_length=30, blank=True)
    fiscal_code = models.CharField(max_length=16, blank=True)
    regime = models.CharField(max_length=4, choices=Regime, blank=True)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="e_invoice_rules_are_one")]

    @property
    def formats(self) -> list[Format]:
        chosen = ((self.fatturapa, Format.FATTURAPA), (self.factur_x, Format.FACTUR_X))
        return [each for is_on, each in chosen if is_on]


class EInvoiceCount(models.Model):
    """How many files were made: their names count on, and none is ever given twice, also after a backup is put back."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    last = models.PositiveIntegerField(default=0)

    when_restored = Lasts()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="e_invoice_count_is_one")]


@keeps_history
class EInvoiceAddress(models.Model):
    """Where a firm gets its electronic invoices, and by which number it pays its taxes. Invoices copy it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.OneToOneField("crm.Client", models.PROTECT, related_name="+")
    vat_id = models.CharField(max_length=30, blank=True)
    recipient_code = models.CharField(max_length=7, blank=True)  # codice destinatario
    certified_email = models.EmailField(blank=True)  # PEC

    def __str__(self) -> str:
        return self.vat_id or self.recipient_code or self.certified_email

    @property
    def subject_id(self) -> UUID:
        """Whose record this is, for the audit log."""
        return self.client_id


class EInvoiceQuerySet(models.QuerySet["EInvoice"]):
    def visible_to(self, user: Any) -> EInvoiceQuerySet:
        """Those of the documents that somebody may read."""
        return narrow(self, user, "billing.view_document", own=open_to(user.pk, "invoice__"))

    def for_display(self) -> EInvoiceQuerySet:
        return self.select_related("invoice__client", "invoice__patient", "file")

    def newest_first(self) -> EInvoiceQuerySet:
        return self.order_by("-made_at", "-pk")

    def to_see_to(self) -> EInvoiceQuerySet:
        """Those that wait for somebody: to be sent by hand, refused, or never made, and nothing was done about it."""
        later = EInvoice.objects.filter(
            invoice=OuterRef("invoice"), format=OuterRef("format"), made_at__gt=OuterRef("made_at")
        )
        waiting = self.filter(state__in=ASKS_FOR_SOMEBODY).exclude(Exists(later))
        return waiting.exclude(~Q(state=State.MADE.value), invoice__status=Status.CREDITED.value)


@keeps_history
class EInvoice(models.Model):
    """A file of an issued document in a format, or that none could be made. `progressive` is in its name.

    A trigger sees to it that file, name and digest stay what they were made as: another file is another row, and only
    after the one before was refused.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="e_invoices")
    format = models.CharField(max_length=9, choices=[(each.value, label) for each, label in FORMAT_LABELS.items()])
    state = models.CharField(
        max_length=8, choices=[(each.value, label) for each, label in STATE_OF_FILE_LABELS.items()]
    )
    carrier = models.CharField(max_length=9, choices=Carrier)
    progressive = models.CharField(max_length=5, blank=True)
    name = models.CharField(max_length=80, blank=True)
    file = models.ForeignKey("filestore.StoredFile", models.PROTECT, null=True, related_name="+")
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the file
    lacking = models.CharField(max_length=1000, blank=True)  # what the document lacks, in words
    reference = models.CharField(max_length=60, blank=True)  # under which the channel has it
    reason = models.CharField(max_length=LONGEST_REJECTION, blank=True)  # why it was refused
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = EInvoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "format"],
                condition=reduce(or_, (Q(state=each.value) for each in sorted(STANDS))),
                name="e_invoice_stands_once",
            ),
            models.CheckConstraint(
                condition=Q(state=State.LACKING.value, digest="") & ~Q(lacking="")
                | ~Q(state=State.LACKING.value) & ~Q(digest=""),
                name="e_invoice_is_a_file_or_lacks",
            ),
            models.CheckConstraint(
                condition=Q(state=State.LACKING.value) | Q(state=State.MADE.value) | Q(sent_at__isnull=False),
                name="e_invoice_sent_before_answered",
            ),
        ]
        indexes = [models.Index(fields=["state", "-made_at"], name="e_invoice_by_state")]

    def __str__(self) -> str:
        return self.name or str(self.get_format_display())

    @property
    def subject_id(self) -> UUID:
        """Whose care the document bills, for the audit log."""
        return self.invoice.patient_id

    @property
    def may_be_sent(self) -> bool:
        return self.state == State.MADE

    @property
    def may_be_answered(self) -> bool:
        return self.state == State.SENT

    @property
    def may_be_made_again(self) -> bool:
        return self.state == State.REJECTED
