"""The link to the file of an export: good for minutes, for the one person it was made for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.core.signing import BadSignature, TimestampSigner
from django.http import FileResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.text import slugify
from django.utils.translation import gettext as _

from audit import recording as audit
from filestore.storage import link_to
from kernel.errors import Conflict, NotAllowed, NotFound
from tenancy import TenantRef
from tenants.life.models import Export, ExportState

GOOD_FOR = timedelta(minutes=15)
FETCHED_WITHIN = 60  # seconds, where a bucket hands the file out itself
SALT = "tenants.life.export"


class LinkNotGood(NotAllowed):
    """The link is too old, was made for somebody else, or was made up."""

    code = "link-not-good"


class NoSuchExport(NotFound):
    code = "export-unknown"


class NotReady(Conflict):
    """The file is not made yet, could not be made, or was deleted."""

    code = "export-not-ready"


def find_export(export_id: UUID) -> Export:
    """Return an export of the tenant in use. Raises `NoSuchExport`."""
    export = Export.objects.filter(pk=export_id).first()
    if export is None:
        raise NoSuchExport(_("There is no such export."))
    return export


def sign(export: Export, *, user: Any) -> str:
    return TimestampSigner(salt=SALT).sign(f"{export.pk}.{user.pk}")


def export_behind(token: str, *, user: Any) -> Export:
    """Return the export that a link leads to. Raises `LinkNotGood` or `NoSuchExport`."""
    try:
        export_id, _dot, user_id = TimestampSigner(salt=SALT).unsign(token, max_age=GOOD_FOR).partition(".")
    except BadSignature:
        user_id = ""
    if user_id != str(user.pk):
        raise LinkNotGood(_("That link was good for minutes only. Here is a new one."))
    return find_export(UUID(export_id))


def hand_out(export: Export, *, tenant: TenantRef, by: Any) -> HttpResponseBase:
    """Return the answer that brings the file, and note who fetched it. Raises `NotReady`."""
    if export.state != ExportState.READY:
        raise NotReady(_("This export is not there to be downloaded."))
    audit.record(action="life.export.fetched", of=export, by=by)
    name = file_name(export, tenant)
    if address := link_to(export.key, name=name, seconds=FETCHED_WITHIN):
        return HttpResponseRedirect(address)
    return FileResponse(default_storage.open(export.key), as_attachment=True, filename=name)


def file_name(export: Export, tenant: TenantRef) -> str:
    day = f"{export.as_of:%Y-%m-%d}" if export.as_of else ""
    return f"{slugify(tenant.name) or 'workspace'}-{day}.zip"
