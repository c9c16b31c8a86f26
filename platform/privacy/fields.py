"""Columns whose texts are sealed. A module uses them like any other text; nothing can be searched for in them.

    plan = SealedTextField(blank=True)

An empty text is kept as it is. A row from before its column was sealed is read as it is, and sealed when it is next
written, or by `privacy.backfill`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from privacy.blind import blind
from privacy.keys import key_for, key_of, keys_of
from privacy.sealing import Key, Place, is_sealed, seal, unseal
from tenancy import TenantRef, current_tenant, tenant_in_use


class Sealed(str):
    """A text as the database has it, and whose it is. The attribute of its row opens it."""

    __slots__ = ("tenant",)
    tenant: TenantRef

    @classmethod
    def of(cls, text: str, tenant: TenantRef) -> Sealed:
        sealed = cls(text)
        sealed.tenant = tenant
        return sealed

    def __reduce__(self) -> Any:
        return (Sealed.of, (str(self), self.tenant))


class SealedAttribute(DeferredAttribute):
    """Opens the text when it is first asked for: a list that does not show it does not pay for it."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        value = instance.__dict__[name] if name in instance.__dict__ else super().__get__(instance, cls)
        if isinstance(value, Sealed):
            place = self.field.place_of(instance, value.tenant)  # type: ignore[attr-defined]
            value = instance.__dict__[name] = unseal(value, key=key_for(value, value.tenant), place=place)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedMixin(models.Field):
    descriptor_class = SealedAttribute

    def get_internal_type(self) -> str:
        return "TextField"  # sealed, a text is longer than it was

    def place_of(self, instance: models.Model, tenant: TenantRef) -> Place:
        home = home_of(type(instance))
        return Place(tenant.id, home.table, str(self.column), getattr(instance, home.key))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value or not is_sealed(value):
            return value
        tenant = tenant_in_use()
        return Sealed.of(value, tenant) if tenant else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 - Django's signature
        text = getattr(model_instance, self.attname)
        if not text:
            return text
        tenant = current_tenant()
        return Sealed.of(seal(text, key=key_of(tenant), place=self.place_of(model_instance, tenant)), tenant)

    def get_prep_value(self, value: Any) -> Any:
        if not value:
            return value
        if not isinstance(value, Sealed):
            raise FieldError(f"{self.name} is sealed row by row: change it by save() or bulk_create().")
        return str(value)

    def get_lookup(self, lookup_name: str) -> Any:
        """Refuse to search: the database does not know what is written there."""
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self.name} is sealed: it cannot be searched.")

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.name} is sealed: it cannot be searched.")

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *self._check_row(), *self._check_index()]

    def _check_row(self) -> list[checks.CheckMessage]:
        key = _bound_to(self.model)._meta.pk
        if isinstance(key, models.AutoField | models.BigAutoField):
            return [checks.Error("A sealed text is bound to its row, whose id has to be known before.", obj=self)]
        return []

    def _check_index(self) -> list[checks.CheckMessage]:
        if self.unique or self.primary_key or getattr(self, "db_index", False):
            return [checks.Error("The same text is sealed differently each time: no index helps.", obj=self)]
        return []


class SealedTextField(SealedMixin, models.TextField):
    pass


class SealedCharField(SealedMixin, models.CharField):
    """Its `max_length` is of the text that people write; forms and `full_clean` see to it."""


class BlindIndexField(models.CharField):
    """Stands beside a sealed column, `of`, and says which rows have a text (`digests_in`). Whoever saves the one
    by name, names the other."""

    def __init__(self, *args: Any, of: str, **options: Any) -> None:
        self.of = of
        usual: dict[str, Any] = {"max_length": 64, "blank": True, "default": "", "db_default": "", "editable": False}
        super().__init__(*args, **usual | options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 - Django's signature
        digest = self.digest_of(getattr(model_instance, self.of), tenant=current_tenant())
        setattr(model_instance, self.attname, digest)
        return digest

    def digest_of(self, text: str, *, tenant: TenantRef) -> str:
        return self._digest(text, key_of(tenant), tenant)

    def digests_of(self, text: str, *, tenant: TenantRef) -> list[str]:
        """Return what the digest may be: while a key is renewed, older rows still have one of the key before."""
        return [self._digest(text, key, tenant) for key in keys_of(tenant)]

    def _digest(self, text: str, key: Key, tenant: TenantRef) -> str:
        return blind(text, key=key, column=f"{home_of(self.model).table}.{self.of}", tenant_id=tenant.id)


class Home(NamedTuple):
    """The table whose rows a model's sealed texts are bound to, and the column that says which row."""

    table: str
    key: str


def home_of(model: type[models.Model]) -> Home:
    """Return where a model's texts were sealed: history has them as the row had them, still bound to that row."""
    bound_to = _bound_to(model)._meta
    return Home(bound_to.db_table, str(bound_to.pk.column) if bound_to.pk else "id")


def _bound_to(model: type[models.Model]) -> type[models.Model]:
    return getattr(model, "pgh_tracked_model", None) or model


def sealed_fields(model: type[models.Model]) -> list[SealedMixin]:
    return [field for field in model._meta.concrete_fields if isinstance(field, SealedMixin)]


def blind_fields(model: type[models.Model]) -> list[BlindIndexField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, BlindIndexField)]


def digests_in(model: type[models.Model], name: str, text: str) -> list[str]:
    """Return which digests, beside the sealed column `name` of a model, a text has: `filter(…_digest__in=…)`."""
    field = next(field for field in blind_fields(model) if field.of == name)
    return field.digests_of(text, tenant=current_tenant())
