"""What is on the shelf, and every movement that put it there or took it away."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from kernel.ids import new_id
from kernel.money import Money
from modules.crm import public as crm
from modules.inventory.domain.stock import ADDS, TAKES, Kind, fullness, is_low
from privacy.fields import SealedCharField

KIND_LABELS = {
    Kind.INBOUND: _("Received"),
    Kind.OUTBOUND: _("Taken out"),
    Kind.ADJUSTMENT: _("Counted"),
    Kind.USE: _("Used"),
    Kind.SALE: _("Sold"),
    Kind.RETURN: _("Returned"),
}


def quantity_field(**options: Any) -> models.DecimalField[Any, Any]:
    return models.DecimalField(max_digits=12, decimal_places=3, **options)


RUNNING_LOW = Q(on_hand__lte=F("reorder_point"))


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, user: Any) -> ItemQuerySet:
        """The whole shelf for staff; nothing for patients."""
        return narrow(self, user, "inventory.view_items")

    def current(self) -> ItemQuerySet:
        return self.filter(ended_at=None)

    def running_low(self) -> ItemQuerySet:
        return self.filter(RUNNING_LOW)

    def short(self) -> ItemQuerySet:
        """Those that a visit used without the ledger having them."""
        return self.filter(pk__in=Shortage.objects.open().values("item_id"))

    def in_category(self, name: str) -> ItemQuerySet:
        return self.filter(category=name)

    def most_urgent_first(self) -> ItemQuerySet:
        """What is out, what is low, the rest; each by name."""
        urgency = Case(When(on_hand=0, then=0), When(RUNNING_LOW, then=1), default=2)
        return self.order_by(urgency, "name", "pk")

    def matching(self, text: str) -> ItemQuerySet:
        """Those with `text` in their name, code or category, or with exactly this barcode."""
        text = text.strip()
        if not text:
            return self
        contains = Q(name__icontains=text) | Q(code__icontains=text) | Q(category__icontains=text)
        return self.filter(contains | Q(barcode=text))


class Item(models.Model):
    """Something that is bought, used up or sold. Money in minor units, without and with what was paid for it.

    `on_hand` is the sum of the item's moves. A trigger keeps it, inside the statement that writes a move; another
    refuses every other change of it, and a constraint keeps it from falling below zero.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=20)  # what one of it is: piece, roll, ml
    category = models.CharField(max_length=60, blank=True)
    barcode = models.CharField(max_length=40, blank=True)
    price_minor = models.BigIntegerField(default=0)  # what a customer pays, tax included
    cost_minor = models.BigIntegerField(default=0)  # what one costs us
    currency = models.CharField(max_length=3, editable=False)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=0)  # per cent
    reorder_point = quantity_field(default=0)
    on_hand = quantity_field(default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("code"), name="item_code_once"),
            models.UniqueConstraint(fields=["barcode"], condition=~Q(barcode=""), name="item_barcode_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="item_stock_not_negative"),
            models.CheckConstraint(condition=Q(price_minor__gte=0, cost_minor__gte=0), name="item_money_not_negative"),
            models.CheckConstraint(condition=Q(tax_rate__gte=0, tax_rate__lte=100), name="item_tax_is_a_rate"),
            models.CheckConstraint(condition=Q(reorder_point__gte=0), name="item_reorder_point_not_negative"),
        ]
        indexes = [models.Index(fields=["name"], name="item_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def cost(self) -> Money:
        return Money(self.cost_minor, self.currency)

    @property
    def value(self) -> Money:
        """What the stock on hand has cost."""
        return self.cost.times(self.on_hand)

    @property
    def is_low(self) -> bool:
        return is_low(self.on_hand, self.reorder_point)

    @property
    def is_out(self) -> bool:
        return not self.on_hand

    @property
    def fullness(self) -> int:
        return fullness(self.on_hand, self.reorder_point)


def _one_of(kinds: frozenset[Kind]) -> Q:
    """Written as equalities: Postgres would print an IN list differently each time a schema's DDL is replayed."""
    return reduce(or_, [Q(kind=kind.value) for kind in sorted(kinds)])


class StockMove(models.Model):
    """One line of the ledger: append-only, so a mistake is mended by a second move and both stay to be seen.

    One signed `delta` rather than two columns for in and out: stock is then the plain sum of a column, no row can say
    both or neither, and a count that found less needs no case of its own. The sign is tied to the kind.

    `cause` names what it was done for, if not by hand: a visit, a line of a note or of an invoice. One cause moves one
    item once.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=10, choices=[(kind.value, label) for kind, label in KIND_LABELS.items()])
    delta = quantity_field()
    reason = models.CharField(max_length=200, blank=True)
    cause_type = models.CharField(
        max_length=20, blank=True
    )  # "appointment", "invoice_line", "credit_line", "note_material"
    cause_id = models.UUIDField(null=True)
    by_id = models.UUIDField(null=True)  # None: the system itself
    by_name = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(_one_of(ADDS) & Q(delta__gt=0))
                | (_one_of(TAKES) & Q(delta__lt=0))
                | (Q(kind=Kind.ADJUSTMENT.value) & ~Q(delta=0)),
                name="stock_move_goes_its_way",
            ),
            models.UniqueConstraint(
                fields=["item", "kind", "cause_type", "cause_id"],
                condition=Q(cause_id__isnull=False),
                name="stock_move_once_per_cause",
            ),
        ]
        indexes = [
            models.Index(fields=["item", "-at"], name="stock_move_of_item"),
            models.Index(fields=["cause_id"], name="stock_move_of_cause", condition=Q(cause_id__isnull=False)),
        ]

    @property
    def quantity(self) -> Decimal:
        return abs(self.delta)


class ServiceMaterial(models.Model):
    """What one visit of a service uses up."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    service = models.ForeignKey("scheduling.Service", models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    quantity = quantity_field()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "item"], name="material_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="material_is_used"),
        ]


class ShortageQuerySet(models.QuerySet["Shortage"]):
    def open(self) -> ShortageQuerySet:
        return self.filter(resolved_at=None)


class Shortage(models.Model):
    """A visit, or a note, used something that the ledger did not have. Nothing was taken; somebody has to count."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="shortages")
    appointment_id = models.UUIDField(null=True)  # of what a visit uses by itself
    material_id = models.UUIDField(null=True)  # of what a note says
    quantity = quantity_field()
    noted_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    objects = ShortageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "appointment_id"], name="shortage_once"),
            models.UniqueConstraint(fields=["material_id"], name="shortage_of_material_once"),
        ]
        indexes = [models.Index(fields=["-noted_at"], name="shortage_open", condition=Q(resolved_at=None))]


class UsedMaterialQuerySet(models.QuerySet["UsedMaterial"]):
    def in_notes_of(self, user: Any) -> UsedMaterialQuerySet:
        """What stands in the notes that somebody may read."""
        return self.filter(note__in=crm.notes_seen_by(user).values("pk"))

    def for_display(self) -> UsedMaterialQuerySet:
        return self.select_related("item", "note", "taken_back").order_by("at", "pk")

    def standing(self) -> UsedMaterialQuerySet:
        return self.filter(taken_back=None)


class UsedMaterial(models.Model):
    """What a note says was used. Append-only; a wrong one is taken back by another row, and both stay to be seen.

    Its move has it as its cause; where the ledger had too little of the item, its shortage does.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    note = models.ForeignKey("crm.Note", models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    quantity = quantity_field()
    reason = SealedCharField(max_length=200, blank=True)  # why it was added when the note was signed
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    objects = UsedMaterialQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="used_material_is_used")]
        indexes = [models.Index(fields=["by_id", "-at"], name="used_material_by_whom")]

    @property
    def subject_id(self) -> UUID:
        """On whom it was used, for the audit log."""
        return self.note.patient_id

    @property
    def is_taken_back(self) -> bool:
        return hasattr(self, "taken_back")


class MaterialTakenBack(models.Model):
    """That something was not used after all: what had left the shelf is on it again. Append-only, once for each."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    material = models.OneToOneField(UsedMaterial, models.PROTECT, related_name="taken_back")
    reason = SealedCharField(max_length=200, blank=True)  # asked for once the note is signed
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()
