"""A sheet of exercises as a PDF that prints and reads aloud (PDF/UA-1), set by Typst."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from filestore.storage import read_file
from modules.crm.models import ExerciseSheet, SheetItem
from tenancy import current_tenant

TEMPLATE = Path(__file__).with_name("exercises.typ")


def sheet_pdf(sheet: ExerciseSheet) -> bytes:
    """Return the PDF of what a sheet says now, with the pictures."""
    items = list(sheet.latest.items.all())
    files: Any = {f"{item.pk}.jpg": read_file(own) for item in items if (own := item.exercise_version.picture)}
    with translation.override(current_tenant().language):
        told = _told(sheet, items)
    files["main.typ"] = TEMPLATE.read_bytes()
    document = typst.compile(
        files,
        sys_inputs={"sheet": json.dumps(told)},
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        timestamp=int(sheet.latest.made_at.timestamp()),
    )
    return bytes(document)


def _told(sheet: ExerciseSheet, items: list[SheetItem]) -> dict[str, Any]:
    """Return everything the paper says, as text."""
    tenant, said = current_tenant(), sheet.latest
    days = [date_format(day, "j F Y") for day in (sheet.since, sheet.until) if day]
    return {
        "language": tenant.language.split("-")[0],
        "practice": tenant.name,
        "title": said.title,
        "for": _("For %(name)s") % {"name": sheet.patient.name},
        "when": " – ".join(days) if len(days) == 2 else _("From %(day)s") % {"day": days[0]},
        "by": said.made_by_name,
        "words": said.words,
        "mind": _("Mind"),
        "needed": _("Needed"),
        "items": [_item(item) for item in items],
    }


def _item(item: SheetItem) -> dict[str, Any]:
    shown = item.exercise_version
    return {
        "name": shown.name,
        "dose": item.dose_shown,
        "steps": shown.lines,
        "words": item.words,
        "cautions": shown.cautions,
        "equipment": shown.equipment,
        "film": shown.video_url,
        "picture": f"{item.pk}.jpg" if shown.picture_id else "",
    }
