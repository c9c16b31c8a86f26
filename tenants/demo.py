"""Believable practices: for the demo, screenshots, journeys and load tests. Built through the services, like any other.

Everything is drawn from one seed and hung on the day it is made, so two machines show the same practice on the same
day.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from access import services as access
from access.models import Role
from identity.arrivals import arrive
from identity.models import User
from identity.second_step import give_app
from jobs.inline import run_due_jobs
from kernel.modules import enabled_modules
from notify.sending import muted
from tenancy import TenantRef, use, use_platform
from tenants import signup
from tenants.console import figures
from tenants.console.demo import seed_support
from tenants.domains.services import add_domain
from tenants.models import Membership, Tenant
from tenants.opening import open_tenant
from tenants.signup import SignUp

PASSWORD = "atrium-demo-1"
OPERATOR = "operator@atrium.example"
WEEKS_BACK = 4


class Practice(NamedTuple):
    subdomain: str
    vertical: str
    name: str
    time_zone: str
    currency: str
    hue: int
    street: str
    postal_code: str
    city: str
    people: dict[str, str]  # the part of the address before the @ -> the person's name
    domain: str = ""  # of their own, not proved yet


PRACTICES = (
    Practice(
        "physio", "clinic", "Northside Physio", "Europe/London", "GBP", 222,
        "14 Otley Road", "LS6 2AD", "Leeds",
        {
            "owner": "Maya Lindqvist", "reception": "Rosa Delgado", "practitioner": "Tom Okafor",
            "practitioner2": "Priya Nair", "patient": "Aoife Byrne",
        },
    ),
    Practice(
        "vet", "vet", "Paws & Co Vets", "Europe/Dublin", "EUR", 150,
        "27 Rathmines Road", "D06 X2A5", "Dublin",
        {
            "owner": "Ines Costa", "reception": "Sam Whitlock", "practitioner": "Hugo Bauer",
            "practitioner2": "Freya Holm", "patient": "Callum Reid",
        },
        "www.paws-and-co.test",
    ),
    Practice(
        "shop", "shop", "The Cycle Shed", "Europe/Rome", "EUR", 55,
        "Via Portuense 41", "00153", "Roma",
        {"owner": "Leo Marchetti", "reception": "Bea Quinn", "patient": "Marta Kowalska"},
    ),
)  # fmt: skip
ROLES = {"reception": Role.RECEPTIONIST, "practitioner": Role.PRACTITIONER, "practitioner2": Role.PRACTITIONER}


@dataclass(frozen=True, slots=True)
class Stage:
    """What a module's demo works with. `now` is the moment the demo is made; the past is told up to it.

    What a module can do only once the others are there, it puts into `afterwards`.
    """

    practice: Practice
    tenant: TenantRef
    people: dict[str, User]
    chance: random.Random
    now: datetime
    afterwards: list[Callable[[], None]] = field(default_factory=list)


def prepare(*, now: datetime) -> list[str]:
    """Migrate, and make whatever of the demo is not there yet. Return the subdomains that were made.

    Each practice is made by a process of its own. They are forked before anybody has talked to the database: no two
    processes may use one connection, and starting Django anew would take each of them longer than half its work.
    """
    gc.freeze()
    with get_context("fork").Pool(len(PRACTICES)) as processes:
        processes.apply(call_command, ["migrate"], {"verbosity": 0})
        missing = processes.apply(_missing)
        made = processes.map(partial(_raise_curtain, now=now), missing, chunksize=1)
        processes.apply(_lend, kwds={"now": now})
        return made


def _missing() -> list[Practice]:
    """Return the practices that are not there yet. The operator is made on the way."""
    with use_platform():
        if not User.objects.filter(email=OPERATOR).exists():
            User.objects.filter(pk=_account("Oda Operator", OPERATOR).pk).update(is_operator=True)
        give_app(User.objects.get(email=OPERATOR), secret=settings.DEMO_OPERATOR_SECRET)
        present = set(Tenant.objects.visited().values_list("domains__domain", flat=True))
    return [practice for practice in PRACTICES if practice.subdomain not in present]


def _raise_curtain(practice: Practice, *, now: datetime) -> str:
    """Open a practice and fill it, in a process of its own. Return its subdomain."""
    gc.disable()  # a sixth of the time, for a process that ends in seconds
    with muted(), _in_no_hurry_to_disk():
        _play(practice, now=now)
    return practice.subdomain


@contextmanager
def _in_no_hurry_to_disk() -> Iterator[None]:
    """Commit without waiting for the disk: a demo that is lost with the machine is made anew in seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    yield
    connection.close()


def _play(practice: Practice, *, now: datetime) -> None:
    began = now - timedelta(weeks=WEEKS_BACK + 1)
    tenant, people = _open(practice, at=began)
    _let_in(practice, tenant, people, at=began)
    stage = Stage(practice, tenant, people, random.Random(practice.subdomain), now)
    run_due_jobs(at=timezone.now(), tenant_id=tenant.id)
    with use(tenant):
        modules = [module for module in enabled_modules() if module.demo]
    for module in modules:
        with use(tenant):
            module.load(module.demo)(stage)
        run_due_jobs(at=timezone.now(), tenant_id=tenant.id)  # what a module has caused is there for the next one
    for finish in stage.afterwards:
        with use(tenant):
            finish()
    run_due_jobs(at=timezone.now(), tenant_id=tenant.id)
    if practice.domain:
        add_domain(tenant=tenant, typed=practice.domain, by=people["owner"], at=now)
    if "patient" in people:
        arrive(user=people["patient"], tenant=tenant, at=now)
    if practice.subdomain == PRACTICES[0].subdomain:
        with use_platform():
            operator = User.objects.get(email=OPERATOR)
        seed_support(tenant=tenant, operator=operator, now=now)
    with use_platform():
        figures.measure([Tenant.objects.with_rooms().get(pk=tenant.id)], at=timezone.now())


def _open(practice: Practice, *, at: datetime) -> tuple[TenantRef, dict[str, User]]:
    wish = SignUp(
        name=practice.name,
        vertical=practice.vertical,
        subdomain=practice.subdomain,
        time_zone=practice.time_zone,
        currency=practice.currency,
        language="en-gb",
        owner_name=practice.people["owner"],
        email=f"owner@{practice.subdomain}.example",
        password=PASSWORD,
        brand_hue=practice.hue,
    )
    with use_platform(), transaction.atomic():
        # A start that was broken off half way has left a reservation: go on from there.
        tenant = Tenant.objects.filter(domains__domain=practice.subdomain).first()
        tenant = tenant or signup.reserve_workspace(wish=wish, at=at)
        EmailAddress.objects.filter(user=tenant.owner).update(verified=True)
        people = {"owner": tenant.owner}
        for handle in practice.people:
            people[handle] = _account(practice.people[handle], f"{handle}@{practice.subdomain}.example")
    return open_tenant(tenant_id=tenant.pk, at=at).ref(), people


def _let_in(practice: Practice, tenant: TenantRef, people: dict[str, User], *, at: datetime) -> None:
    for handle, role in ROLES.items():
        if handle in people:
            _join(people[handle], tenant, role=role, by=people["owner"], at=at)


def _lend(*, now: datetime) -> None:
    """Have one person work in two places: the owner of the first practice helps to run the last one."""
    with use_platform():
        user = User.objects.get(email=f"owner@{PRACTICES[0].subdomain}.example")
        tenant = Tenant.objects.get(domains__domain=PRACTICES[-1].subdomain)
        if Membership.objects.filter(user=user, tenant=tenant).exists():
            return
    with muted():
        _join(user, tenant.ref(), role=Role.ADMIN, by=tenant.owner, at=now)


def _join(user: User, tenant: TenantRef, *, role: str, by: User, at: datetime) -> None:
    with use(tenant), transaction.atomic():
        member = access.invite_member(email=user.email, name=user.name, role=role, by=by, at=at)
        secret = access.new_invitation_secret(member)
        access.accept_invitation(secret=secret, user=user, verified_emails=[user.email], at=at)
    with use_platform():
        Membership.objects.get_or_create(user=user, tenant_id=tenant.id, defaults={"created_at": at})


def _account(name: str, email: str) -> User:
    """Return the account with this address, made if need be. Call on the platform."""
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, PASSWORD, name=name)
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user
