"""Invoices and their lines."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import ExpressionWrapper, F, OuterRef, Q
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from kernel.money import Money
from modules.billing.domain.states import NOT_ISSUED, PAYABLE, DocumentKind, Status, status_of
from modules.billing.models.letterhead import DOCUMENT_LABELS, NumberSeries
from modules.crm import public as crm

STATUS_LABELS = {
    Status.DRAFT: _("Draft"),
    Status.ISSUED: _("Sent"),
    Status.PARTIAL: _("Part paid"),
    Status.PAID: _("Paid"),
    Status.OVERDUE: _("Overdue"),
    Status.VOID: _("Void"),
    Status.CREDITED: _("Credited"),
    Status.WRITTEN_OFF: _("Written off"),
    Status.CREDIT: _("Credit note"),
}


def open_to(user_id: UUID | None, invoice: str = "") -> Q:
    """Return which issued invoices an account sees: those to itself, and those of whom it pays for, since it does.

    `invoice` leads to them from other rows: "invoice__".
    """
    issued = {f"{invoice}issued_at__isnull": False}
    day = TruncDate(ExpressionWrapper(OuterRef(f"{invoice}issued_at"), models.DateTimeField()))
    to_itself = Q(**{f"{invoice}client__user_id": user_id})
    return Q(**issued) & (to_itself | Q(crm.pays_since(user_id, patient=f"{invoice}patient", day=day)))


def of_services_of(user_id: UUID | None) -> Q:
    """Return which lines bill a practitioner's own services; also those of an invoice that was credited since."""
    return Q(appointment__practitioner__user_id=user_id) | Q(former_appointment__practitioner__user_id=user_id)


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def visible_to(self, user: Any) -> InvoiceQuerySet:
        """All for the desk; those of their own services for practitioners; one's own, once issued, for patients."""
        theirs = InvoiceLine.objects.filter(of_services_of(user.pk))
        return narrow(
            self,
            user,
            "billing.view_invoice",
            care=Q(pk__in=theirs.values("invoice")) | Q(corrects__in=theirs.values("invoice")),
            own=open_to(user.pk),
        )

    def to_be_paid(self) -> InvoiceQuerySet:
        return self.filter(status__in=PAYABLE)

    def for_display(self) -> InvoiceQuerySet:
        return self.select_related("client", "patient", "pdf", "corrects").prefetch_related(
            "lines__appointment__practitioner",
            "lines__former_appointment__practitioner",
            "lines__corrects_line__appointment__practitioner",
            "lines__corrects_line__former_appointment__practitioner",
            "lines__adjustments",
            "adjustments",
        )

    def newest_first(self) -> InvoiceQuerySet:
        return self.order_by("-created_at", "-pk")


@keeps_history
class Invoice(models.Model):
    """A bill to a client for a patient, or a credit note that `corrects` one. Amounts in minor units of `currency`.

    A draft may change. Once issued it never does: a trigger refuses any change but of `status`, `pdf` and what
    triggers count, and any change of its lines. So it copies what it needs: names, addresses, the letterhead.
    `paid_minor` is what stands paid: payments and credit used, less what went back or elsewhere; `credited_minor` is
    the sum of its credit notes, `written_off_minor` that of what was given up. What it says is a link of its series'
    chain (`services/chaining.py`).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(
        max_length=11,
        choices=[(kind.value, label) for kind, label in DOCUMENT_LABELS.items()],
        default=DocumentKind.INVOICE.value,
        db_default=DocumentKind.INVOICE.value,
    )
    number = models.CharField(max_length=20, null=True, unique=True)
    series = models.ForeignKey(NumberSeries, models.PROTECT, null=True, related_name="+")
    sequence = models.PositiveIntegerField(null=True)  # its place in the series
    location = models.ForeignKey("scheduling.Location", models.PROTECT, null=True, related_name="+")
    status = models.CharField(
        max_length=11, choices=[(s.value, label) for s, label in STATUS_LABELS.items()], default=Status.DRAFT.value
    )
    client = models.ForeignKey("crm.Client", models.PROTECT, related_name="+")
    patient = models.ForeignKey("crm.Patient", models.PROTECT, related_name="+")
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="credit_notes")
    reason = models.CharField(max_length=200, blank=True, default="", db_default="")  # why it is corrected
    currency = models.CharField(max_length=3)
    prices_include_tax = models.BooleanField(default=True)
    due_date = models.DateField(null=True)
    net_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)
    gross_minor = models.BigIntegerField(default=0)
    paid_minor = models.BigIntegerField(default=0)
    credited_minor = models.BigIntegerField(default=0, db_default=0)
    written_off_minor = models.BigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(db_default=Now())

    issued_at = models.DateTimeField(null=True)
    issue_date = models.DateField(null=True)
    seller_name = models.CharField(max_length=120, blank=True)
    seller_address = models.TextField(blank=True)
    seller_tax_number = models.CharField(max_length=40, blank=True)
    client_name = models.CharField(max_length=150, blank=True)
    client_address = models.TextField(blank=True)
    # What electronic invoices say besides, as JSON: kept only where the practice makes some (services/e_invoicing).
    seller_details = models.TextField(blank=True, default="", db_default="")
    client_details = models.TextField(blank=True, default="", db_default="")
    patient_name = models.CharField(max_length=150, blank=True)
    pdf = models.ForeignKey("filestore.StoredFile", models.PROTECT, null=True, related_name="+")
    chain_hash = models.CharField(max_length=64, blank=True, default="", db_default="")  # domain/chain.py
    chain_previous = models.CharField(max_length=64, blank=True, default="", db_default="")
    chain_people = models.CharField(max_length=64, blank=True, default="", db_default="")
    chain_salt = models.CharField(max_length=32, blank=True, default="", db_default="")

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(gross_minor=F("net_minor") + F("tax_minor"), gross_minor__gte=0), name="invoice_adds_up"
            ),
            models.CheckConstraint(condition=Q(paid_minor__gte=0), name="invoice_paid_not_negative"),
            models.CheckConstraint(
                condition=(
                    (Q(status=Status.DRAFT.value) | Q(status=Status.VOID.value))
                    & Q(number=None, issued_at=None, issue_date=None)
                )
                | (
                    ~(Q(status=Status.DRAFT.value) | Q(status=Status.VOID.value))
                    & Q(number__isnull=False, issued_at__isnull=False, issue_date__isnull=False, due_date__isnull=False)
                ),
                name="invoice_numbered_once_issued",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.PAID.value) | Q(paid_minor__gte=F("gross_minor") - F("credited_minor")),
                name="invoice_paid_is_settled",
            ),
            models.CheckConstraint(
                condition=Q(credited_minor__gte=0, credited_minor__lte=F("gross_minor")), name="invoice_credited_within"
            ),
            models.CheckConstraint(
                condition=Q(written_off_minor__gte=0, written_off_minor__lte=F("gross_minor") - F("credited_minor")),
                name="invoice_written_off_within",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.CREDITED.value) | Q(credited_minor=F("gross_minor")),
                name="invoice_credited_is_credited",
            ),
            models.CheckConstraint(
                condition=(Q(kind=DocumentKind.INVOICE.value, corrects=None) & ~Q(status=Status.CREDIT.value))
                | (
                    Q(kind=DocumentKind.CREDIT_NOTE.value, corrects__isnull=False, paid_minor=0, credited_minor=0)
                    & (Q(status=Status.DRAFT.value) | Q(status=Status.CREDIT.value))
                ),
                name="invoice_or_credit_note",
            ),
            models.UniqueConstraint(fields=["series", "sequence"], name="invoice_in_its_place"),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="invoice_by_age"),
            models.Index(fields=["client", "-created_at"], name="invoice_of_client"),
            models.Index(fields=["status", "due_date"], name="invoice_by_due_date"),
            models.Index(fields=["issue_date"], name="invoice_by_issue_date"),
        ]

    def __str__(self) -> str:
        return self.number or str(_("Draft"))

    @property
    def subject_id(self) -> UUID:
        """Whose care this bills, for the audit log."""
        return self.patient_id

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, self.currency)

    @property
    def net(self) -> Money:
        return Money(self.net_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)

    @property
    def paid(self) -> Money:
        return Money(self.paid_minor, self.currency)

    @property
    def adjusted(self) -> list[Any]:
        """The discounts and surcharges on the whole of it."""
        return [each for each in self.adjustments.all() if each.line_id is None]

    @property
    def credited(self) -> Money:
        return Money(self.credited_minor, self.currency)

    @property
    def written_off(self) -> Money:
        return Money(self.written_off_minor, self.currency)

    @property
    def due_minor(self) -> int:
        """What it comes to after what was credited and written off; nothing for a credit note."""
        return 0 if self.is_credit_note else self.gross_minor - self.credited_minor - self.written_off_minor

    @property
    def balance_minor(self) -> int:
        """What is still owed; below nothing, what was paid and is not owed."""
        return self.due_minor - self.paid_minor

    @property
    def status_by_money(self) -> Status:
        """Where it stands once issued, going by amounts alone."""
        return status_of(due=self.due_minor, paid=self.paid_minor, written_off=self.written_off_minor)

    @property
    def to_pay(self) -> Money:
        """What is still owed; nothing for what was paid more than once, or credited."""
        return Money(max(self.balance_minor, 0), self.currency)

    @property
    def overpaid(self) -> Money:
        """What was paid and is not owed: because it was credited since, or paid twice. To be paid back, or used."""
        return Money(max(-self.balance_minor, 0), self.currency)

    @property
    def title(self) -> str:
        """What it is called on pages."""
        if self.is_credit_note:
            return _("Credit note %(number)s") % {"number": self.number}
        return _("Invoice %(number)s") % {"number": self.number} if self.number else str(_("Draft invoice"))

    @property
    def is_credit_note(self) -> bool:
        return self.kind == DocumentKind.CREDIT_NOTE

    @property
    def can_be_credited(self) -> bool:
        return self.is_issued and self.status not in {Status.CREDITED, Status.CREDIT}

    @property
    def is_issued(self) -> bool:
        return self.status not in NOT_ISSUED

    @property
    def is_payable(self) -> bool:
        return self.status in PAYABLE

    @property
    def is_open_deposit(self) -> bool:
        """Test whether this is a deposit that can be paid: then it is issued."""
        return self.status == Status.DRAFT and self.is_deposit

    @property
    def is_deposit(self) -> bool:
        return hasattr(self, "deposit")

    @property
    def can_be_paid(self) -> bool:
        return self.is_payable or self.is_open_deposit

    @property
    def for_name(self) -> str:
        """Whom it is about: as it was when issued, as it is now for a draft."""
        return self.patient_name or self.patient.name

    @property
    def billed_name(self) -> str:
        return self.client_name or self.client.name


@keeps_history
class InvoiceLine(models.Model):
    """A visit, a treatment, a thing sold, or whatever was written by hand. A visit is on one line of one invoice,
    and so is a treatment.

    One with a `deposit` takes off what was paid before: its price is below nothing. One of a credit note is of a line
    of the invoice; how much of that was credited, a trigger counts.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    description = models.CharField(max_length=200)
    detail = models.CharField(max_length=200, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    unit_price_minor = models.BigIntegerField()
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2)
    tax_category = models.CharField(
        max_length=2, default="", db_default="", blank=True
    )  # "": drawn up before there were
    tax_reason = models.CharField(max_length=200, default="", db_default="", blank=True)  # why nothing is due
    tax_code = models.CharField(max_length=20, default="", db_default="", blank=True)  # of the reason
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    is_duty = models.BooleanField(default=False, db_default=False)  # the stamp duty on the others
    appointment = models.ForeignKey("scheduling.Appointment", models.PROTECT, null=True, related_name="+")
    item = models.ForeignKey("inventory.Item", models.PROTECT, null=True, related_name="+")
    deposit = models.ForeignKey("billing.Deposit", models.PROTECT, null=True, related_name="lines")  # taken off by it
    treatment = models.OneToOneField("billing.Treatment", models.PROTECT, null=True, related_name="line")
    # What a line was for whose invoice was credited as a whole: it may be billed anew.
    former_appointment = models.ForeignKey("scheduling.Appointment", models.PROTECT, null=True, related_name="+")
    former_treatment = models.ForeignKey("billing.Treatment", models.PROTECT, null=True, related_name="+")
    corrects_line = models.ForeignKey("self", models.PROTECT, null=True, related_name="credits")
    is_reduction = models.BooleanField(default=False, db_default=False)  # a credit of money: nothing comes back
    credited_minor = models.BigIntegerField(default=0, db_default=0)  # of the gross

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_in_its_place"),
            models.UniqueConstraint(fields=["appointment"], name="visit_billed_once"),
            models.CheckConstraint(
                condition=Q(gross_minor=F("net_minor") + F("tax_minor")), name="invoice_line_adds_up"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="invoice_line_of_something"),
            models.CheckConstraint(
                condition=Q(unit_price_minor__gte=0) | Q(deposit__isnull=False), name="invoice_line_price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(credited_minor__gte=0, credited_minor__lte=F("gross_minor"))
                | Q(credited_minor__lte=0, credited_minor__gte=F("gross_minor")),
                name="invoice_line_credited_within",
            ),
        ]

    @property
    def unit_price(self) -> Money:
        return Money(self.unit_price_minor, self.currency)

    @property
    def is_adjustable(self) -> bool:
        """Test whether it is something that is sold: deposits and the stamp duty get no discount."""
        return self.deposit_id is None and not self.is_duty

    @property
    def listed(self) -> Money:
        """What so many of it cost without any discount, as prices are written on this invoice."""
        return self.unit_price.times(self.quantity)

    @property
    def price(self) -> Money:
        """What it costs with its own discounts and surcharges, and without its share of those on the whole.

        A credit note takes back what was left of a price, so its share as well.
        """
        if self.corrects_line_id:
            return self.gross if self.invoice.prices_include_tax else self.net
        return sum((each.change for each in self.adjustments.all()), self.listed)

    @property
    def net(self) -> Money:
        return Money(self.net_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, self.currency)

    def is_of_service_of(self, user_id: UUID) -> bool:
        """Test whether it bills, or takes back, what this practitioner did."""
        billed = self.corrects_line or self
        visit = billed.appointment or billed.former_appointment
        return visit is not None and visit.practitioner.user_id == user_id
