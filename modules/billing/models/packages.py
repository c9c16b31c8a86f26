"""Packages of sessions: what is on offer, what was bought, and what became of every session of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Prefetch, Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from kernel.money import Money
from modules.billing.models.invoices import InvoiceLine
from modules.crm import public as crm
from modules.scheduling.public import UnitState

MOST_SESSIONS = 100
LONGEST_VALIDITY = 3650  # days
USUAL_NOTICE, LONGEST_NOTICE = 14, 365  # days


class PackageQuerySet(models.QuerySet["Package"]):
    def current(self) -> PackageQuerySet:
        return self.filter(ended_at=None)

    def for_display(self) -> PackageQuerySet:
        contents = PackageContent.objects.select_related("service").order_by("service__name")
        return self.prefetch_related(Prefetch("contents", contents))


@keeps_history
class Package(models.Model):
    """What is on offer: so many sessions of some services, for one price. Sold ones have copied what they need."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    price_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    valid_days = models.PositiveSmallIntegerField()
    for_family = models.BooleanField(default=False, db_default=False)  # all for whom the buyer's client pays
    is_transferable = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    objects = PackageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="package_price_not_negative"),
            models.CheckConstraint(
                condition=Q(valid_days__gte=1, valid_days__lte=LONGEST_VALIDITY), name="package_valid_for_some_days"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def sessions(self) -> int:
        return sum(content.sessions for content in self.contents.all())


class PackageContent(models.Model):
    """So many sessions of a service in a package that is on offer."""

    package = models.ForeignKey(Package, models.CASCADE, related_name="contents")
    service = models.ForeignKey("scheduling.Service", models.PROTECT, related_name="+")
    sessions = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(MOST_SESSIONS)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["package", "service"], name="package_has_a_service_once"),
            models.CheckConstraint(condition=Q(sessions__gte=1), name="package_content_of_something"),
        ]


class PurchaseQuerySet(models.QuerySet["PackagePurchase"]):
    def visible_to(self, user: Any) -> PurchaseQuerySet:
        """All for the desk; those of patients in their care for practitioners; one's own for patients."""
        return narrow(
            self,
            user,
            "billing.view_package",
            care=Q(patient__in=crm.patients_seen_by(user)),
            own=Q(patient__in=crm.answered_for_by(user.pk)),
        )

    def open(self, on: date) -> PurchaseQuerySet:
        """Those that a visit can be paid from, on that day or later."""
        frozen = PackagePause.objects.filter(first_day__lte=on, resumed_on=None)
        return self.filter(ended_at=None, expires_on__gte=on).exclude(pk__in=frozen.values("purchase"))

    def expiring(self, *, on: date, within: int) -> PurchaseQuerySet:
        """Those that can be drawn from and have sessions left, but not for more than so many days."""
        left = PackageUnit.objects.filter(state=UnitState.FREE.value).values("purchase")
        return self.open(on).filter(expires_on__lte=on + timedelta(days=within), pk__in=left)

    def usable_by(self, patient_id: UUID) -> PurchaseQuerySet:
        """Those of a patient, and those for all of the family for whom the same client pays."""
        return self.filter(Q(patient=patient_id) | Q(for_family=True, client__in=crm.clients_of(patient_id)))

    def for_display(self) -> PurchaseQuerySet:
        units = PackageUnit.objects.select_related("service").order_by("service__name", "number")
        return self.select_related("patient__client", "line__invoice").prefetch_related(
            Prefetch("units", units), Prefetch("pauses", PackagePause.objects.order_by("first_day", "pk"))
        )


@keeps_history
class PackagePurchase(models.Model):
    """A package that somebody bought, as it was then. What it holds are its units, `bought` of them.

    It never changes but that it is called off (`ended_at`), that its last day moves by the days it was frozen, and that
    another person has it from now on, if it may be passed on and nothing of it is booked: a trigger sees to it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    package = models.ForeignKey(Package, models.PROTECT, related_name="+")
    patient = models.ForeignKey("crm.Patient", models.PROTECT, related_name="+")
    client = models.ForeignKey("crm.Client", models.PROTECT, related_name="+")
    line = models.OneToOneField(InvoiceLine, models.PROTECT, related_name="purchase")
    name = models.CharField(max_length=100)
    price_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2)
    bought = models.PositiveSmallIntegerField()  # sessions
    sold_at = models.DateTimeField()
    sold_by_name = models.CharField(max_length=150, blank=True)
    expires_on = models.DateField()  # the last day
    for_family = models.BooleanField(default=False, db_default=False)
    is_transferable = models.BooleanField(default=False, db_default=False)
    ended_at = models.DateTimeField(null=True)

    objects = PurchaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price_minor__gte=0, bought__gte=1), name="purchase_of_something"),
        ]
        indexes = [models.Index(fields=["patient", "expires_on"], name="purchase_of_patient")]

    def __str__(self) -> str:
        return self.name

    @property
    def subject_id(self) -> UUID:
        """Who is treated for it, for the audit log."""
        return self.patient_id

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)


class PackagePause(models.Model):
    """Days on which nothing is drawn from a purchase. Once it is said when it goes on, its last day moves by as many.

    That is done by a trigger, once; what was said of a pause never changes.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    purchase = models.ForeignKey(PackagePurchase, models.PROTECT, related_name="pauses")
    first_day = models.DateField()
    resumed_on = models.DateField(null=True)  # the first day on which it can be drawn from again
    reason = models.CharField(max_length=200)
    begun_at = models.DateTimeField()
    begun_by_id = models.UUIDField(null=True)
    begun_by_name = models.CharField(max_length=150, blank=True)
    resumed_at = models.DateTimeField(null=True)
    resumed_by_id = models.UUIDField(null=True)
    resumed_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="purchase_frozen_once_at_a_time",
                expressions=[
                    ("purchase", RangeOperators.EQUAL),
                    (
                        Func(
                            F("first_day"),
                            F("resumed_on"),
                            Value("[)"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.CheckConstraint(
                condition=Q(resumed_on=None) | Q(resumed_on__gte=F("first_day")), name="pause_goes_forward"
            ),
        ]

    @property
    def subject_id(self) -> UUID:
        """Whose package it is, for the audit log."""
        return self.purchase.patient_id


STATE_LABELS = {
    UnitState.FREE: _("Left"),
    UnitState.RESERVED: _("Booked"),
    UnitState.USED: _("Used"),
}


class PackageUnit(models.Model):
    """One session that was bought: the third of five of a service, and which visit it is for.

    It is made with its purchase. Its state is what the ledger comes to: a trigger keeps it and refuses what does not
    follow from what it was, so two can never have the same session, and nobody more of them than were bought.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    purchase = models.ForeignKey(PackagePurchase, models.PROTECT, related_name="units")
    service = models.ForeignKey("scheduling.Service", models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    total = models.PositiveSmallIntegerField()
    state = models.CharField(
        max_length=8,
        choices=[(state.value, label) for state, label in STATE_LABELS.items()],
        default=UnitState.FREE.value,
    )
    appointment = models.OneToOneField("scheduling.Appointment", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purchase", "service", "number"], name="unit_numbered_once"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=F("total")), name="unit_of_its_total"),
            models.CheckConstraint(
                condition=Q(state=UnitState.FREE.value, appointment=None)
                | (~Q(state=UnitState.FREE.value) & Q(appointment__isnull=False)),
                name="unit_is_for_a_visit_or_free",
            ),
        ]


class EntryKind(models.TextChoices):
    RESERVED = "RESERVED", _("Booked")
    USED = "USED", _("Used")
    GIVEN_BACK = "GIVEN_BACK", _("Given back")


class UnitEntry(models.Model):
    """The ledger of the units: booked, used, given back; for which visit, when, by whom, why. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    unit = models.ForeignKey(PackageUnit, models.PROTECT, related_name="entries")
    appointment = models.ForeignKey("scheduling.Appointment", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=EntryKind.choices)
    reason = models.CharField(max_length=10, blank=True)  # a `Lost`: why it was given back, or kept
    at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        indexes = [models.Index(fields=["unit", "at"], name="entry_of_unit")]


class PackageRules(models.Model):
    """What becomes of a session when its visit does not take place, and when somebody is told that a package expires.

    There is one; without it, these defaults.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    keep_when_late = models.BooleanField(default=True)  # called off by the patient within the notice
    keep_when_missed = models.BooleanField(default=True)
    notice_days = models.PositiveSmallIntegerField(  # before the last day; 0: nobody is told
        default=USUAL_NOTICE, db_default=USUAL_NOTICE, validators=[MaxValueValidator(LONGEST_NOTICE)]
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="package_rules_are_one")]
