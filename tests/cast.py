"""The people and places every test knows.

Ana owns the clinic, Bo and Bea treat there, Rita sits at the desk, Pia is a patient. Cai and the others are at another
practice and must never see any of it. Oda operates the platform.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.conf import settings

from access.models import Member, Role
from identity.models import User
from identity.second_step import give_app
from tenancy import TenantRef, use, use_platform
from tenants import signup
from tenants.models import Tenant
from tenants.opening import open_tenant
from tenants.signup import SignUp
from tests.password import PASSWORD


class Person(NamedTuple):
    name: str
    tenant: str
    role: str

    @property
    def email(self) -> str:
        return f"{self.name.lower()}@{self.tenant}.example"


PLACES = {"clinic": ("Northside Physio", "clinic"), "other": ("Paws & Co", "vet"), "shop": ("The Cycle Shed", "shop")}
CAST = [
    Person("Ana", "clinic", Role.OWNER),
    Person("Bo", "clinic", Role.PRACTITIONER),
    Person("Bea", "clinic", Role.PRACTITIONER),
    Person("Rita", "clinic", Role.RECEPTIONIST),
    Person("Pia", "clinic", Role.PATIENT),
    Person("Cai", "other", Role.OWNER),
    Person("Cleo", "other", Role.PRACTITIONER),
    Person("Cora", "other", Role.RECEPTIONIST),
    Person("Cato", "other", Role.PATIENT),
    Person("Sam", "shop", Role.OWNER),
    Person("Sol", "shop", Role.RECEPTIONIST),
]


def people_of(tenant: str) -> list[Person]:
    return [person for person in CAST if person.tenant == tenant]


def assemble(*, at: datetime) -> None:
    """Open every place and let its people in. Called once, for the database that all tests are copied from."""
    for subdomain in PLACES:
        tenant = _open(subdomain, at=at)
        for person in people_of(subdomain)[1:]:
            _join(person, tenant, at=at)
    with use_platform():
        oda = _account("Oda", "oda@atrium.example")
        User.objects.filter(pk=oda.pk).update(is_operator=True)
        give_app(oda, secret=settings.DEMO_OPERATOR_SECRET)


def _open(subdomain: str, *, at: datetime) -> TenantRef:
    name, vertical = PLACES[subdomain]
    owner = people_of(subdomain)[0]
    with use_platform():
        wish = SignUp(
            name=name,
            vertical=vertical,
            subdomain=subdomain,
            time_zone="Europe/London",
            currency="GBP",
            language="en-gb",
            owner_name=owner.name,
            email=owner.email,
            password=PASSWORD,
        )
        tenant = signup.reserve_workspace(wish=wish, at=at)
        EmailAddress.objects.filter(user=tenant.owner).update(verified=True)
    return open_tenant(tenant_id=tenant.pk, at=at).ref()


def _account(name: str, email: str) -> User:
    user = User.objects.create_user(email, PASSWORD, name=name)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user


def _join(person: Person, tenant: TenantRef, *, at: datetime) -> None:
    from modules.scheduling.services.practice import staffing

    with use_platform():
        user = _account(person.name, person.email)
    with use(tenant):
        member = Member.objects.create(
            user_id=user.pk, role=person.role, name=person.name, email=person.email, joined_at=at
        )
        staffing.make_practitioner_of_member(member_id=member.pk, user_id=user.pk, role=person.role)


def tenant_called(subdomain: str) -> TenantRef:
    with use_platform():
        return Tenant.objects.get(domains__domain=subdomain).ref()


@cache
def tenant_of_the_template(subdomain: str) -> TenantRef:
    """Return a tenant as every test finds it. What the one before did to it was rolled back."""
    return tenant_called(subdomain)
