"""Make a new tenant of an export: the same rows, the same files, under a name and a key of its own.

Who worked there is let in again if their account is known here: by its id, or by its e-mail if the export comes from
elsewhere. Everybody else stays in the rows as somebody who cannot sign in, until they are invited.
"""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import IO, Any

from allauth.account.models import EmailAddress
from django.db import transaction

from access.models import Member, Role
from access.second_step import AskedOf
from audit import recording as audit
from filestore.storage import erase_files, prefix_of, writing
from identity.models import User
from kernel.modules import installed_modules
from tenancy import TenantRef, catalog, use, use_platform
from tenants import blueprint, keys, migrating, signup, stock
from tenants.life import manifest as form
from tenants.life.archive import ArchiveReader, copy_chunks
from tenants.life.loading import Translation, check_level, load
from tenants.models import Membership, Tenant, TenantState


def import_tenant(*, file: IO[bytes], subdomain: str, owner: User, at: datetime) -> Tenant:
    """Make a tenant of an export and give it to `owner`. Call outside of a transaction.

    Raises `ArchiveBroken`, `NotReadable`, `FromNewerRelease` or `DoesNotFit`, or what reserving a name raises; then
    nothing is left of it. What an import that died left behind under this name is removed first.
    """
    archive = ArchiveReader(file)
    form.check_form(archive.manifest)
    archive.check()
    _take_back_half(subdomain)
    row = _reserve(archive.manifest["tenant"], subdomain=subdomain, owner=owner, at=at)
    try:
        tenant = _build(row, archive, at=at)
        translation = _translation(archive.manifest, tenant)
        load(archive, tenant, translation)
        _bring_files(archive, tenant)
    except BaseException:
        _take_back(row)
        raise
    return _let_people_in(row, tenant, archive.manifest, translation, at=at)


def _reserve(facts: dict[str, Any], *, subdomain: str, owner: User, at: datetime) -> Tenant:
    names = ("name", "vertical", "time_zone", "currency", "language", "brand_hue")
    wish = SimpleNamespace(subdomain=subdomain, **{name: facts[name] for name in names})
    with use_platform(), transaction.atomic():
        row = signup.reserve_for(owner=owner, wish=wish, at=at)
        row.state, row.plan, row.brand_chroma = TenantState.IMPORTING, facts["plan"], facts["brand_chroma"]
        sold = {module.label for module in installed_modules()}
        row.second_step_for = facts.get("second_step_for", AskedOf.NOBODY)  # exports of before it was asked lack it
        row.modules = [label for label in facts["modules"] if label in sold]
        row.save()
    return row


def _build(row: Tenant, archive: ArchiveReader, *, at: datetime) -> TenantRef:
    given = stock.give_schema(row.pk)
    migrating.catch_up(given)
    check_level(archive.manifest, schema_name=given.schema_name)
    keys.give_key(tenant_id=row.pk, at=at, is_new=True)
    with use_platform():
        return Tenant.objects.with_rooms().get(pk=row.pk).ref()


def _translation(manifest: dict[str, Any], tenant: TenantRef) -> Translation:
    ids = {str(form.tenant_in(manifest)): str(tenant.id)}
    with use_platform():
        for person in manifest["staff"]:
            account = _account_of(person)
            if account is not None and str(account.pk) != person["user_id"]:
                ids[person["user_id"]] = str(account.pk)
        ours = {name: int(number) for number, name in form.names_of_permissions().items()}
    theirs = manifest["permissions"]
    return Translation(ids, {number: ours[name] for number, name in theirs.items() if name in ours})


def _account_of(person: dict[str, Any]) -> User | None:
    """Return who this is here: the same account, or the one with the same confirmed e-mail."""
    same = User.objects.filter(pk=person["user_id"], email__iexact=person["email"]).first()
    if same is not None or User.objects.filter(pk=person["user_id"]).exists():
        return same
    address = EmailAddress.objects.filter(email__iexact=person["email"], verified=True).select_related("user").first()
    return address.user if address else None


def _bring_files(archive: ArchiveReader, tenant: TenantRef) -> None:
    with use(tenant):
        for name in archive.entries:
            folder, _slash, path = name.partition("/")
            if folder == "files":
                key = path.rpartition("/")[0]  # the last part is only for people
                with writing(f"{prefix_of(tenant.id)}{key}") as out:
                    copy_chunks(archive.chunks(name), out)


def _let_people_in(
    row: Tenant, tenant: TenantRef, manifest: dict[str, Any], translation: Translation, *, at: datetime
) -> Tenant:
    with use(tenant), transaction.atomic():
        if not Member.objects.of_user(row.owner_id).exists():
            owner = row.owner
            Member.objects.create(
                user_id=owner.pk, role=Role.OWNER, name=owner.name or owner.email, email=owner.email, joined_at=at
            )
        told = {"made_as_of": (None, manifest["as_of"]), "tenant": (None, manifest["tenant"]["id"])}
        audit.record(action="tenants.workspace.imported", of=row, by=row.owner, changes=told)
    with use_platform(), transaction.atomic():
        staff = {person["user_id"] for person in manifest["staff"] if _account_of(person)}
        users = {translation.ids.get(user_id, user_id) for user_id in staff} | {str(row.owner_id)}
        Membership.objects.bulk_create(
            [Membership(user_id=user_id, tenant=row, created_at=at) for user_id in sorted(users)], ignore_conflicts=True
        )
        row = Tenant.objects.select_for_update().get(pk=row.pk)
        row.state, row.opened_at = TenantState.ACTIVE, at
        row.save(update_fields=["state", "opened_at"])
        catalog.changed()
    return row


def _take_back_half(subdomain: str) -> None:
    with use_platform():
        half = Tenant.objects.filter(state=TenantState.IMPORTING, domains__domain=subdomain).first()
    if half is not None:
        _take_back(half)


def _take_back(row: Tenant) -> None:
    with use_platform():
        given = Tenant.objects.get(pk=row.pk)  # its schema may have come from the stock since
    blueprint.demolish(given.schema_name)
    erase_files(row.pk)
    with use_platform(), transaction.atomic():
        Tenant.objects.filter(pk=row.pk, state=TenantState.IMPORTING).delete()
        catalog.changed()
