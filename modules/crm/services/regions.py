"""Load a list of regions and districts, in place of the usual one of a country."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import recording as audit
from kernel.errors import Invalid
from modules.crm.domain.contacts.countries import is_country
from modules.crm.domain.contacts.regions import MOST, District, WrongList, in_order, read_districts
from modules.crm.models import ListedDistrict, RegionList
from modules.crm.services.imports.reading import NotATable, sentence_of, table_in

LARGEST = 5 << 20  # bytes
ROWS_SHOWN = 20
SENTENCES = {
    "no-region-column": gettext_lazy("One column has to be called “region”, and another “district” if there are any."),
    "wrong-rows": gettext_lazy("These rows have no region, or a name of more than 80 letters: %(rows)s."),
}


class RegionsInvalid(Invalid):
    code = "regions-invalid"

    @classmethod
    def at(cls, name: str, sentence: str) -> RegionsInvalid:
        """Return what is wrong with one field."""
        return cls(sentence, fields={name: [sentence]})


def districts_in(content: bytes) -> list[District]:
    """Return what a file lists: CSV or a spreadsheet. Raises `RegionsInvalid`."""
    if len(content) > LARGEST:
        raise RegionsInvalid.at("file", _("This file is larger than 5 MB."))
    try:
        return read_districts(*table_in(content, most_rows=MOST))
    except NotATable as problem:
        raise RegionsInvalid.at("file", sentence_of(str(problem))) from None
    except WrongList as wrong:
        rows = ", ".join(map(str, wrong.rows[:ROWS_SHOWN])) + (" …" if len(wrong.rows) > ROWS_SHOWN else "")
        raise RegionsInvalid.at("file", str(SENTENCES[str(wrong)]) % {"rows": rows}) from None


@transaction.atomic
def load_regions(*, country: str, districts: Iterable[District], by: Any, at: datetime) -> RegionList:
    """Offer these and no others for a country from now on; what stands in records stays as it is.

    `country` is an ISO 3166-1 alpha-2 code. Raises `RegionsInvalid`.
    """
    if not is_country(country):
        raise RegionsInvalid.at("country", _("There is no such country."))
    listed = in_order(districts)
    if not listed:
        raise RegionsInvalid.at("file", _("There is nothing in this list."))
    author = {"loaded_at": at, "loaded_by_id": by.pk, "loaded_by_name": str(by)}
    kept, _made = RegionList.objects.update_or_create(country=country, defaults=author)
    was = kept.districts.all().delete()[0]
    rows = [
        ListedDistrict(list=kept, region=region, name=name) for region, names in listed.items() for name in ("", *names)
    ]
    ListedDistrict.objects.bulk_create(rows, batch_size=1000)
    audit.record(action="crm.regionlist.loaded", of=kept, by=by, changes={"places": (was, len(rows))})
    return kept


@transaction.atomic
def drop_regions(*, country: str, by: Any) -> None:
    """Offer the usual list of a country again. Nothing happens where that is so already."""
    kept = RegionList.objects.select_for_update().filter(country=country).first()
    if kept is not None:
        audit.record(action="crm.regionlist.dropped", of=kept, by=by, changes={"places": (kept.districts.count(), 0)})
        kept.delete()
