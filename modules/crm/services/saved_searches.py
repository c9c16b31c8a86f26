"""Searches of the list of people that are kept by name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Invalid, NotAllowed, NotFound
from modules.crm.models import SavedSearch
from modules.crm.models.saved_searches import LONGEST_QUERY, LONGEST_SEARCH_NAME


class SearchInvalid(Invalid):
    code = "search-invalid"


class NoSuchSearch(NotFound):
    code = "search-unknown"


@transaction.atomic
def save_search(*, name: str, query: str, is_shared: bool, by: Any) -> SavedSearch:
    """Keep a search for oneself or for everybody; one of that name gives way to it.

    Raises `SearchInvalid` or `NotAllowed`.
    """
    if is_shared:
        _check_may_share(by)
    name = name.strip()
    _check(name, query)
    owner_id = None if is_shared else by.pk
    search = SavedSearch.objects.select_for_update().filter(owner_id=owner_id, name__iexact=name).first()
    search = search or SavedSearch(owner_id=owner_id)
    search.name, search.query = name, query
    try:
        with transaction.atomic():
            search.save()
    except IntegrityError:
        raise SearchInvalid(_("Somebody has just saved one of this name.")) from None
    audit.record(action="crm.savedsearch.saved", of=search, by=by)
    return search


@transaction.atomic
def remove_search(*, search_id: UUID, by: Any) -> None:
    """Raises `NoSuchSearch` or `NotAllowed`."""
    search = SavedSearch.objects.of(by).select_for_update().filter(pk=search_id).first()
    if search is None:
        raise NoSuchSearch(_("There is no such search."))
    if search.owner_id is None:
        _check_may_share(by)
    audit.record(action="crm.savedsearch.removed", of=search, by=by)
    search.delete()


def _check_may_share(by: Any) -> None:
    if not by.has_perm("crm.share_search"):
        raise NotAllowed(_("Your role does not allow keeping searches for everybody."))


def _check(name: str, query: str) -> None:
    problems: dict[str, list[str]] = {}
    if not 0 < len(name) <= LONGEST_SEARCH_NAME:
        problems["name"] = [_("A name of at most 60 characters is needed.")]
    if not query:
        problems["query"] = [_("There is nothing to keep: narrow the list first.")]
    elif len(query) > LONGEST_QUERY:
        problems["query"] = [_("This search is too long to be kept.")]
    if problems:
        raise SearchInvalid(" ".join(each for some in problems.values() for each in some), fields=problems)
