"""Which value a field takes when two records that differ in it become one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import Model

from modules.crm.models import Client, Gender, Patient
from modules.crm.services.registering import ContactDetails, PatientDetails, names_in

NOTHING = ("", None, Gender.UNKNOWN)
NAMES = ("first_name", "last_name")


class Option(NamedTuple):
    key: str
    value: Any


class Difference(NamedTuple):
    """A field of which the records have different values. `key` is "patient" or "client" and its name."""

    key: str
    model: type[Model]
    field: str
    options: list[Option]
    usual: str

    @property
    def label(self) -> str:
        column: Any = self.model._meta.get_field(self.field)
        return str(column.verbose_name).capitalize()

    def value(self, chosen: str | None) -> Any:
        """Return the value of an option, or the usual one's if there is no such option."""
        values = {option.key: option.value for option in self.options}
        return values.get(chosen or self.usual, values[self.usual])


def differences_of_patients(rows: Sequence[Patient]) -> list[Difference]:
    return list(_differences("patient", rows, names_in(PatientDetails)))


def differences_of_clients(rows: Sequence[Client], *, but_names: bool) -> list[Difference]:
    """`but_names` where they are the patients' own: these go with the patient's."""
    names = [name for name in names_in(ContactDetails) if not (but_names and name in NAMES)]
    return list(_differences("client", rows, names))


def is_own_client(patient: Patient) -> bool:
    client = patient.client
    return not client.is_organisation and all(getattr(patient, name) == getattr(client, name) for name in NAMES)


def _differences(side: str, rows: Sequence[Any], names: Sequence[str]) -> Iterator[Difference]:
    for name in names:
        options = _options(name, [getattr(row, name) for row in rows])
        if len(options) > 1 or (options and getattr(rows[0], name) in NOTHING):
            yield Difference(f"{side}.{name}", type(rows[0]), name, options, options[0].key)


def _options(name: str, values: Sequence[Any]) -> list[Option]:
    """Return the different values there are, each with the place of the first record that has it."""
    said = [(place, value) for place, value in enumerate(values) if value not in NOTHING]
    return [Option(str(place), value) for place, value in said if value not in values[:place]]


def chosen_values(*, differences: Sequence[Difference], choices: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return for "patient" and "client" which fields take which values."""
    values: dict[str, dict[str, Any]] = {"patient": {}, "client": {}}
    for each in differences:
        side, _dot, name = each.key.partition(".")
        values[side][name] = each.value(choices.get(each.key))
    return values
