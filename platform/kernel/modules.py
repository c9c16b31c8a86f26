"""What a business module declares, and which modules the current tenant has switched on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from kernel.events import Event, subscribe

Words = str | Promise


@dataclass(frozen=True, slots=True)
class NavItem:
    """A line of the menu. `group` is "day", "clients" or "manage"; `icon` names a Lucide icon."""

    label: Words
    url_name: str
    permission: str
    icon: str
    group: str
    order: int = 100
    keys: str = ""  # the shortcut, such as "g c"


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the portal's bottom bar, or a line of its account menu."""

    label: Words
    url_name: str
    icon: str
    order: int = 100


@dataclass(frozen=True, slots=True)
class SettingsEntry:
    """A page of settings, on the overview at /settings/. `summary` is one sentence on what is set there."""

    label: Words
    summary: Words
    url_name: str
    permission: str
    icon: str
    order: int = 100


@dataclass(frozen=True, slots=True)
class Panel:
    """A piece of another module's page: `render` is a dotted path to `(request, subject) -> str`.

    `place` says where: "patient.main", "patient.aside", "note.main", "visit.aside", "today.lanes", "portal.home",
    "portal.profiles".
    """

    place: str
    render: str
    permission: str = ""
    order: int = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A thing that a search came upon, as it is shown wherever somebody searches."""

    title: str
    summary: str
    url: str
    icon: str
    person: UUID | None = None  # it is somebody: what belongs to them is of interest, too
    flags: Sequence[Any] = ()  # what there is to know about them
    has_ended: bool = False  # greyed: it is kept and found, and nothing is done with it any more


@dataclass(frozen=True, slots=True)
class Finder:
    """What a module adds to the search everywhere.

    `find` is a dotted path to `(text, *, people, by, at) -> list[Found]`: the likeliest few of what `by` may see.
    `people` are those whom finders of a lower `order` came upon.
    """

    label: Words
    find: str
    permission: str
    order: int = 100


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job that each tenant runs regularly. `actor` is a dotted path; `every` is in seconds."""

    actor: str
    every: int


class ModuleConfig(AppConfig):
    """A Django app that a tenant can switch on or off."""

    default = False  # so that Django picks the subclass in apps.py, not this import of it

    summary: ClassVar[Words] = ""
    requires: ClassVar[tuple[str, ...]] = ()  # labels that must be switched on with this one
    builds_on: ClassVar[tuple[str, ...]] = ()  # labels it may ask or point at, switched on or not
    nav: ClassVar[tuple[NavItem, ...]] = ()
    tabs: ClassVar[tuple[Tab, ...]] = ()
    portal_menu: ClassVar[tuple[Tab, ...]] = ()
    settings: ClassVar[tuple[SettingsEntry, ...]] = ()
    panels: ClassVar[tuple[Panel, ...]] = ()
    finders: ClassVar[tuple[Finder, ...]] = ()
    permissions: ClassVar[str] = "rules.PERMISSIONS"
    words: ClassVar[str] = "rules.WORDS"  # what each of them lets somebody do, in a few words
    fields: ClassVar[str] = ""  # which single fields have permissions of their own (access.fields)
    pages: ClassVar[str] = "urls"
    api: ClassVar[str] = "api.router"
    api_at: ClassVar[str] = ""  # the first part of its address below /api/, if it is not the label
    api_also: ClassVar[Mapping[str, str]] = {}  # further first parts below /api/, and the router at each
    subscriptions: ClassVar[Mapping[type[Event], Iterable[str]]] = {}
    schedules: ClassVar[tuple[Schedule, ...]] = ()
    on_arrival: ClassVar[str] = ""  # dotted path to `(*, user, verified_emails, at)`, when somebody signs in here
    onlookers: ClassVar[str] = ""  # dotted path to `(thing) -> Iterable[Onlooker]` (access.explaining): who sees a part
    deposits: ClassVar[str] = ""  # dotted path to the calendar's port Deposits: what is paid before a visit is certain
    packages: ClassVar[str] = ""  # dotted path to the calendar's port Packages: what visits are paid from
    timeline: ClassVar[str] = ""  # dotted path to the records' port TimelineKinds: what it tells in a patient's record
    facets: ClassVar[str] = ""  # dotted path to the records' port Facets: by what it narrows the list of people
    letters: ClassVar[str] = ""  # the permission of whoever may know what it has written to people
    holdings: ClassVar[str] = ""  # dotted path to the records' port Holdings: what it keeps about people
    personal: ClassVar[str] = (
        ""  # dotted path to the records' port Declared: what of a person goes when they are erased
    )
    copies: ClassVar[str] = ""  # dotted path to the records' port Copies: what of a person is in their own copy
    visit_facts: ClassVar[str] = ""  # dotted path to the records' port VisitFacts: visits for figures without names
    on_restored: ClassVar[str] = ""  # dotted path to `(*, at)`, when the room came back from a backup
    upcoming: ClassVar[str] = (
        ""  # dotted path to `(patient_ids, *, at) -> Iterable[str]`: what keeps a record from being closed
    )
    counts: ClassVar[str] = ""  # dotted path to `() -> dict[str, int]`: what an operator may know of its size
    trail: ClassVar[str] = ""  # dotted path to an audit.words.Trail: what its actions in the audit log are called
    presets: ClassVar[str] = ""  # dotted path to `(opening) -> None`: what a new tenant finds there
    demo: ClassVar[str] = ""  # dotted path to `(stage) -> None`: believable data

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.default = True

    def ready(self) -> None:
        for event_type, handlers in self.subscriptions.items():
            for handler in handlers:
                subscribe(event_type, f"{self.name}.{handler}", module=self.label)

    def load(self, path: str) -> Any:
        """Import `path` relative to this module, loudly."""
        return import_string(f"{self.name}.{path}")

    @property
    def api_prefix(self) -> str:
        return self.api_at or self.label

    @property
    def api_prefixes(self) -> tuple[str, ...]:
        """The first parts of all its addresses below /api/."""
        return (self.api_prefix, *self.api_also)


_workspace_settings: list[SettingsEntry] = []


def add_workspace_settings(*entries: SettingsEntry) -> None:
    """Put pages of settings on the overview that belong to no module. Call while the apps are made ready."""
    _workspace_settings.extend(entries)


def workspace_settings() -> tuple[SettingsEntry, ...]:
    return tuple(_workspace_settings)


@cache
def installed_modules() -> tuple[ModuleConfig, ...]:
    return tuple(config for config in apps.get_app_configs() if isinstance(config, ModuleConfig))


@cache
def _labels() -> frozenset[str]:
    return frozenset(module.label for module in installed_modules())


def get_module(label: str) -> ModuleConfig:
    config = apps.get_app_config(label)
    if not isinstance(config, ModuleConfig):
        raise ImproperlyConfigured(f"{label!r} is not a module.")
    return config


def is_enabled(label: str) -> bool:
    """Test whether the current tenant uses this module."""
    return label in getattr(getattr(connection, "tenant", None), "modules", ())


def may_run(path: str) -> bool:
    """Test whether the code at this dotted path is nobody's, or of a module that the tenant in use has switched on.

    Asked before a job: what waited when its module was switched off is let go.
    """
    owner = next((module for module in installed_modules() if path.startswith(f"{module.name}.")), None)
    return owner is None or is_enabled(owner.label)


def is_in_use(permission: str) -> bool:
    """Test whether a permission is of no module, or of one that the tenant in use has switched on."""
    label = permission.partition(".")[0]
    return is_enabled(label) or label not in _labels()


def enabled_modules() -> list[ModuleConfig]:
    return [module for module in installed_modules() if is_enabled(module.label)]


def with_requirements(labels: Iterable[str]) -> frozenset[str]:
    """Return `labels` and everything they require."""
    wanted, todo = set(), list(labels)
    while todo:
        label = todo.pop()
        if label not in wanted:
            wanted.add(label)
            todo.extend(get_module(label).requires)
    return frozenset(wanted)
