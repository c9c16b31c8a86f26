"""The packages on offer: added, changed, taken off; and what becomes of a session that nobody came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import Conflict, Invalid
from kernel.money import LARGEST_MINOR_UNITS, Money
from modules.billing.models import (
    LONGEST_NOTICE,
    LONGEST_VALIDITY,
    MOST_SESSIONS,
    USUAL_NOTICE,
    Package,
    PackageContent,
    PackageRules,
)
from modules.scheduling import public as scheduling
from tenancy import current_tenant

OFFERED = ("name", "price_minor", "tax_rate", "valid_days", "for_family", "is_transferable")


class PackageNotValid(Invalid):
    """The package makes no sense as it stands; `fields` says where."""

    code = "package-invalid"


class PackageEnded(Conflict):
    """It is no longer on offer."""

    code = "package-ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageDetails:
    """A package to offer. `contents`: how many sessions of which service.

    `for_family`: all for whom the same client pays draw from it. `is_transferable`: it can be passed on.
    """

    name: str
    price: Money
    contents: dict[UUID, int]
    tax_rate: Decimal = Decimal(0)
    valid_days: int = 365
    for_family: bool = False
    is_transferable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesOfPackages:
    keep_when_late: bool = True
    keep_when_missed: bool = True
    notice_days: int = USUAL_NOTICE


@transaction.atomic
def add_package(*, details: PackageDetails, by: Any) -> Package:
    """Put a package on offer. Raises `PackageNotValid`."""
    _check(details)
    package = Package(currency=current_tenant().currency)
    _write(package, details)
    changes = audit.created(package, [*OFFERED, "currency"]) | {"contents": (None, _shown(details))}
    audit.record(action="billing.package.added", of=package, by=by, changes=changes)
    return package


@transaction.atomic
def change_package(*, package: Package, details: PackageDetails, by: Any) -> Package:
    """Change what is on offer; what was sold stays as it was. Raises `PackageNotValid` or `PackageEnded`."""
    _check(details)
    locked = _locked(package)
    before, had = audit.snapshot(locked, OFFERED), dict(locked.contents.values_list("service_id", "sessions"))
    _write(locked, details)
    changes = audit.difference(before, locked)
    if had != details.contents:
        changes["contents"] = (sum(had.values()), _shown(details))
    audit.record(action="billing.package.changed", of=locked, by=by, changes=changes)
    return locked


@transaction.atomic
def end_package(*, package: Package, by: Any, at: datetime) -> Package:
    """Take a package off offer. Who bought it keeps what they have. Raises `PackageEnded`."""
    locked = _locked(package)
    locked.ended_at = at
    locked.save(update_fields=["ended_at"])
    audit.record(action="billing.package.ended", of=locked, by=by, changes={"ended_at": (None, at)})
    return locked


def rules_of_packages() -> PackageRules:
    """Return what becomes of sessions whose visit does not take place, and so on; until somebody says, the usual."""
    return PackageRules.objects.first() or PackageRules()


@transaction.atomic
def set_rules_of_packages(*, rules: RulesOfPackages, by: Any) -> PackageRules:
    """Say what becomes of sessions that nobody came to, and when people are told. Raises `PackageNotValid`."""
    if not 0 <= rules.notice_days <= LONGEST_NOTICE:
        sentence = _("At most %(most)d days before.") % {"most": LONGEST_NOTICE}
        raise PackageNotValid(sentence, fields={"notice_days": [sentence]})
    kept, fields = rules_of_packages(), asdict(rules)
    before = audit.snapshot(kept, fields)
    for name, value in fields.items():
        setattr(kept, name, value)
    kept.save()
    audit.record(action="billing.package_rules.set", of=kept, by=by, changes=audit.difference(before, kept))
    return kept


def _locked(package: Package) -> Package:
    locked = Package.objects.select_for_update(no_key=True).get(pk=package.pk)
    if locked.ended_at is not None:
        raise PackageEnded(_("This package is no longer on offer."))
    return locked


def _write(package: Package, details: PackageDetails) -> None:
    package.name, package.price_minor = details.name.strip(), details.price.minor
    package.tax_rate, package.valid_days = details.tax_rate, details.valid_days
    package.for_family, package.is_transferable = details.for_family, details.is_transferable
    package.save()
    package.contents.all().delete()
    PackageContent.objects.bulk_create(
        PackageContent(package=package, service_id=service_id, sessions=sessions)
        for service_id, sessions in details.contents.items()
    )


def _shown(details: PackageDetails) -> int:
    return sum(details.contents.values())


def _check(details: PackageDetails) -> None:
    sessions, known = details.contents.values(), {service.id for service in scheduling.services_offered()}
    wrong = {
        "name": (not details.name.strip(), _("A name is needed.")),
        "price": (not 0 <= details.price.minor <= LARGEST_MINOR_UNITS, _("A price is needed, and it is not negative.")),
        "tax_rate": (not 0 <= details.tax_rate <= 100, _("Between 0 and 100 per cent.")),
        "valid_days": (
            not 1 <= details.valid_days <= LONGEST_VALIDITY,
            _("Between 1 and %(most)d days.") % {"most": LONGEST_VALIDITY},
        ),
        "contents": (
            not sessions or min(sessions) < 1 or sum(sessions) > MOST_SESSIONS or not details.contents.keys() <= known,
            _("Say which services it has, and of each how many sessions: from 1 to %(most)d in all.")
            % {"most": MOST_SESSIONS},
        ),
    }
    problems = {field: [sentence] for field, (is_wrong, sentence) in wrong.items() if is_wrong}
    if problems:
        raise PackageNotValid(" ".join(sentence for (sentence,) in problems.values()), fields=problems)
