"""A tree of addresses leads where the list that it was made of leads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, URLResolver, path
from django.urls.resolvers import RoutePattern

from kernel.branching import Door, branched

ID = UUID(int=7)
NAMED = re.compile(r":(\w+)>")


def door(name: str) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(name)

    return view


ROUTES = [
    "",
    "people/",
    "people/new/",
    "people/<uuid:person_id>/",
    "people/<slug:word>/",
    "people/<uuid:person_id>/edit/",
    "people/known/",  # which is taken by the slug before it
    "people/<slug:word>/edit/",
    "bills/<path:rest>/end/",
    "bills/new/end/",
    "bills/<str:number>/end/",
    "<slug:word>/new/",
    "bills/new/",
    "robots.txt",
]
LIST = [path(route, door(route), name=route) for route in ROUTES]
ADDRESSES = [
    *("", "people/", "people/new/", f"people/{ID}/", f"people/{ID}/edit/", "people/known/", "people/ana/edit/"),
    *("bills/new/end/", "bills/a/b/end/", "bills/7/end/", "bills/new/", "other/new/", "robots.txt", "people/new/x/"),
    *("nowhere/", "people", "bills/new/x/"),
]


def found(doors: list[Door], address: str) -> Any:
    try:
        match = URLResolver(RoutePattern(""), doors).resolve(address)
    except Resolver404:
        return None
    return match.func, match.route, match.kwargs, match.url_name


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_leads_to_the_same_door_by_the_tree_as_by_the_list(address: str) -> None:
    assert found(branched(LIST), address) == found([*LIST], address)


def test_a_door_has_the_same_address_in_the_tree_as_in_the_list() -> None:
    tree, flat = URLResolver(RoutePattern(""), branched(LIST)), URLResolver(RoutePattern(""), [*LIST])

    for given in ({}, {"person_id": ID}, {"word": "ana"}, {"number": "7"}, {"rest": "a/b"}):
        routes = [route for route in ROUTES if set(NAMED.findall(route)) == set(given)]
        assert [tree.reverse(route, **given) for route in routes] == [flat.reverse(route, **given) for route in routes]


def test_fewer_are_tried() -> None:
    def tried(doors: list[Door]) -> Iterator[Any]:
        with pytest.raises(Resolver404) as refused:
            URLResolver(RoutePattern(""), doors).resolve("people/x/y/z/")
        yield from refused.value.args[0]["tried"]

    assert len(list(tried(branched(LIST)))) < len(list(tried([*LIST])))
