"""What the list of patients is narrowed to over the wire: the facets of all modules, as parameters of the address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from kernel.errors import Invalid
from kernel.modules import installed_modules
from modules.crm import selectors
from modules.crm.domain.facets import Facet, Shape
from modules.crm.forms.narrowing import BIGGEST, ENDS, NarrowingForm
from tenancy.requests import Request

SHAPES: dict[Shape, dict[str, Any]] = {
    Shape.CHOICE: {"type": "string"},
    Shape.NUMBERS: {"type": "integer", "minimum": 0, "maximum": BIGGEST},
    Shape.DAYS: {"type": "string", "format": "date"},
}
OTHERS = {"search", "limit", "offset"}


class NotNarrowable(Invalid):
    code = "not-narrowable"


def read_narrowing(request: Request) -> dict[str, Any]:
    """Return what was asked of which facet. Raises `NotNarrowable` for nonsense and for what is not theirs to ask."""
    asked = {*request.GET} - OTHERS
    facets = {name: each for name, each in selectors.facets_for(request.user).items() if asked & {*_names(name, each)}}
    form = NarrowingForm(request.GET, facets=facets, by=request.user)
    known = {name for name, each in facets.items() for name in _names(name, each)}
    problems = {name: [str(each) for each in errors] for name, errors in form.errors.items()}
    problems |= {name: [_("There is nothing of this name that you can narrow by.")] for name in asked - known}
    if problems:
        raise NotNarrowable(_("Some of what was asked is not understood."), fields=problems)
    return form.values


def _parameters() -> Iterator[dict[str, Any]]:
    with override("en"):
        for module in installed_modules():
            for name, facet in module.load(module.facets).items() if module.facets else ():
                for each in _names(name, facet):
                    yield {
                        "in": "query",
                        "name": each,
                        "required": False,
                        "description": str(facet.title),
                        "schema": SHAPES[facet.shape],
                    }


def _names(name: str, facet: Facet) -> list[str]:
    return [name] if facet.shape is Shape.CHOICE else [f"{name}_{end}" for end in ENDS]


PARAMETERS = {"parameters": list(_parameters())}
