"""Whom the practice looks after, and who answers for them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat, Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.grants import ObjectGrant, granted, once
from access.membership import reach_of
from access.permissions import narrow
from access.presets import Reach
from history import keeps_history
from kernel.ids import new_id
from kernel.lasting import Lasts
from modules.crm.domain.phones import shown
from modules.crm.domain.profiles import Right
from modules.crm.models.profiles import patients_of
from modules.crm.models.search import InOrder, find_ids, find_matching
from privacy.fields import BlindIndexField, SealedCharField

# The rights to one patient that guardian keeps (PatientGrant).
CARE, SHARED, EMERGENCY = "care_for_patient", "read_shared_patient", "read_patient_in_emergency"
KINDS = {CARE: "care", SHARED: "shared", EMERGENCY: "emergency"}  # as the API and the pages call them
READING = (CARE, SHARED, EMERGENCY)  # whoever holds one reads the record; only care lets write in it


class Gender(models.TextChoices):
    """The values of FHIR's AdministrativeGender."""

    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Other")
    UNKNOWN = "unknown", _("Not said")


class ClientQuerySet(models.QuerySet["Client"]):
    def of_patients_seen_by(self, user: Any) -> ClientQuerySet:
        """All for whoever sees all records; else those of the patients whose record one sees."""
        if reach_of(user, "crm.view_patient") is Reach.ALL:
            return self
        seen = Patient.objects.visible_to(user)
        return self.filter(Q(patients__in=seen) | Q(involvements__patient__in=seen)).distinct()

    def matching(self, text: str) -> ClientQuerySet:
        """Those whose name, e-mail or phone has `text` in it, by name."""
        digits = "".join(character for character in text if character.isdigit())
        contains = Q(full_name__icontains=text) | Q(email__icontains=text) | Q(organisation__icontains=text)
        further = Q(contact_points__value__icontains=text)
        if len(digits) >= 4:
            contains |= Q(phone__contains=digits.lstrip("0"))
            further |= Q(contact_points__system="phone", contact_points__value__contains=digits.lstrip("0"))
        contains |= Q(pk__in=Client.objects.filter(further).values("pk"))
        named = self.annotate(full_name=Concat("first_name", Value(" "), "last_name"))
        return named.filter(contains).order_by("last_name", "first_name", "pk")


class ClientsThatStand(models.Manager["Client"]):
    """Those who were neither merged into another nor erased: whoever asks for clients means these."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(merged_into=None, erased_at=None)


@keeps_history
class Client(models.Model):
    """A person or an organisation that one writes to and that pays: the patient, a parent, an owner, an insurer.

    One with the name of an `organisation` is one; the other names are then of whoever answers for it. `user_id` is the
    account that has claimed this record by its verified e-mail.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user_id = models.UUIDField(null=True)
    organisation = models.CharField(max_length=120, blank=True, default="", db_default="")
    first_name = models.CharField(max_length=70)
    last_name = models.CharField(max_length=70, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=16, blank=True)  # E.164
    street = models.CharField(max_length=120, blank=True)
    postal_code = models.CharField(max_length=16, blank=True)
    city = models.CharField(max_length=80, blank=True)
    region = models.CharField(max_length=80, blank=True, default="", db_default="")
    district = models.CharField(max_length=80, blank=True, default="", db_default="")
    country = models.CharField(max_length=2, blank=True)  # ISO 3166-1 alpha-2
    tax_code = SealedCharField(max_length=32, blank=True, default="", db_default="")
    tax_code_digest = BlindIndexField(of="tax_code")
    claimed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged_from")
    merged_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)  # nobody finds it any more; what is kept is kept because law asks

    objects = ClientsThatStand.from_queryset(ClientQuerySet)()
    with_merged = ClientQuerySet.as_manager()

    kept_out_of_exports = ("tax_code_digest",)

    class Meta:
        indexes = [
            models.Index(fields=["user_id"], name="client_of_user"),
            models.Index(fields=["tax_code_digest"], condition=~Q(tax_code_digest=""), name="client_by_tax_code"),
            models.Index(models.functions.Lower("email"), name="client_by_email"),
            models.Index(fields=["phone"], condition=~Q(phone=""), name="client_by_phone"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        name = self.organisation or self.person_name
        return name if name or not self.erased_at else gettext("Erased")

    @property
    def person_name(self) -> str:
        """The person's name; of an organisation, that of whoever answers for it."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_organisation(self) -> bool:
        return bool(self.organisation)

    @property
    def subject_id(self) -> UUID:
        """Whose record this is, for the audit log."""
        return self.pk

    @property
    def phone_shown(self) -> str:
        return shown(self.phone)

    @property
    def address_lines(self) -> list[str]:
        town = f"{self.postal_code} {self.city}".strip()
        district = "" if self.district == self.city else self.district
        return [line for line in (self.street, town, district, self.region, self.country) if line]


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: Any) -> PatientQuerySet:
        """All for the desk; those in one's care, or lent to one, for practitioners; on the portal those for whom one
        answers."""
        return narrow(
            self,
            user,
            "crm.view_patient",
            care=lambda: Q(pk__in=read_by(user).values("pk")),
            own=Q(pk__in=patients_of(user.pk)),
        )

    def agreeing_by(self, user: Any) -> PatientQuerySet:
        """Those whose agreements one sees; on the portal those for whom one signs."""
        if reach_of(user, "crm.view_consent") is Reach.SELF:
            return self.filter(pk__in=patients_of(user.pk, Right.SIGN))
        return self.visible_to(user)

    def active(self) -> PatientQuerySet:
        return self.filter(ended_at=None)

    def matching(self, text: str, *, seen_by: Any = None) -> PatientQuerySet:
        """Those who are meant by what was typed: see `find_matching`. Nothing typed are all of them.

        `seen_by` is who typed it: codes and numbers of papers are found by those who may see them.
        """
        return find_matching(self, text, seen_by=seen_by) if text.strip() else self

    def paged_by(self, text: str, *, seen_by: Any = None) -> Any:
        """The same, or what is cut into pages like it: only a page's rows are read, and none are counted twice."""
        return InOrder(self, find_ids(self, text, seen_by=seen_by)) if text.strip() else self


def read_by(user: Any) -> models.QuerySet[Patient]:
    """Return the patients whose record is in somebody's care or lent to them."""
    return granted(Patient, any_of=READING, to=user) if user.is_authenticated else Patient.objects.none()


class PatientsThatStand(models.Manager["Patient"]):
    """Those who were neither merged into another nor erased: such a record is found, booked and shown nowhere."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(merged_into=None, erased_at=None)


@keeps_history
class Patient(models.Model):
    """The subject of care: a person or an animal. For a customer of a shop, simply that customer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(Client, models.PROTECT, related_name="patients")
    first_name = models.CharField(max_length=70)
    last_name = models.CharField(max_length=70, blank=True)
    preferred_name = models.CharField(max_length=70, blank=True, default="", db_default="")
    birth_date = models.DateField(null=True, blank=True)
    gender = models.CharField(max_length=10, choices=Gender, default=Gender.UNKNOWN)
    species = models.CharField(max_length=40, blank=True)  # animals only
    breed = models.CharField(max_length=60, blank=True)
    neutered = models.BooleanField(null=True)  # nobody said: null
    microchip = models.CharField(max_length=15, blank=True, default="", db_default="")  # ISO 11784
    colour = models.CharField(max_length=60, blank=True, default="", db_default="")
    tax_code = SealedCharField(max_length=32, blank=True, default="", db_default="")
    tax_code_digest = BlindIndexField(of="tax_code")
    alert = SealedCharField(max_length=200, blank=True, default="", db_default="")  # nobody reads it: see 0041
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    died_on = models.DateField(null=True)

    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged_from")
    merged_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)  # nobody finds it any more; what is kept is kept because law asks

    objects = PatientsThatStand.from_queryset(PatientQuerySet)()
    with_merged = PatientQuerySet.as_manager()

    kept_out_of_exports = ("tax_code_digest",)

    class Meta:
        permissions = [
            (CARE, "Has the patient in their care"),
            (SHARED, "Reads the record that a colleague shared"),
            (EMERGENCY, "Reads the record in an emergency"),
        ]
        indexes = [
            models.Index(fields=["last_name", "first_name"], name="patient_by_name"),
            models.Index(fields=["tax_code_digest"], condition=~Q(tax_code_digest=""), name="patient_by_tax_code"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["microchip"],
                condition=Q(died_on__isnull=True) & ~Q(microchip=""),
                name="patient_chip_once_among_the_living",
            ),
            models.CheckConstraint(
                condition=Q(died_on__isnull=True) | Q(ended_at__isnull=False), name="patient_who_died_has_ended"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        name = f"{self.first_name} {self.last_name}".strip()
        return name if name or not self.erased_at else gettext("Erased")

    @property
    def subject_id(self) -> UUID:
        return self.pk

    @property
    def is_animal(self) -> bool:
        return bool(self.species)

    @property
    def has_died(self) -> bool:
        return self.died_on is not None

    @property
    def has_ended(self) -> bool:
        """Test whether the record of somebody who lives is closed for booking."""
        return self.ended_at is not None and not self.has_died

    @property
    def is_active(self) -> bool:
        return self.ended_at is None


@keeps_history
class PatientGrant(ObjectGrant):
    """Who has which patient in their care, and to whom the record is lent."""

    content_object = models.ForeignKey(Patient, models.CASCADE, related_name="grants")

    when_restored = Lasts(known=True)  # what has ended does not come back

    class Meta(ObjectGrant.Meta):
        constraints = [once("patient_grant_once")]
