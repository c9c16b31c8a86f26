"""Mails about a workspace itself, from the platform: the workspace's own messages rest while it is closed."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tenancy.addresses import platform_url
from tenants.models import Deletion, Restoration


def tell_owner_of_deletion(*, tenant_id: UUID) -> None:
    """Tell the owner that their workspace is to be erased, when, and how to stop it. Silent if it was taken back."""
    deletion = Deletion.objects.select_related("tenant__owner").filter(pk=tenant_id).first()
    if deletion is None:
        return
    tenant, owner = deletion.tenant, deletion.tenant.owner
    context = {"tenant": tenant, "owner": owner, "deletion": deletion, "workspaces_url": platform_url("/workspaces/")}
    with translation.override(owner.language or tenant.language):
        subject = _("%(name)s is to be deleted") % {"name": tenant.name}
        text = render_to_string("mail/life/deletion.txt", context)
        html = render_to_string("mail/life/deletion.html", context)
    _send(owner.email, subject, text, html)


def tell_owner_of_restoration(*, tenant_id: UUID) -> None:
    """Tell the owner that their workspace was put back to a backup, to which, and what that means. Silent if undone."""
    restoration = Restoration.objects.select_related("tenant__owner").filter(pk=tenant_id).first()
    if restoration is None:
        return
    tenant, owner = restoration.tenant, restoration.tenant.owner
    context = {"tenant": tenant, "owner": owner, "restoration": restoration}
    with translation.override(owner.language or tenant.language), timezone.override(tenant.time_zone):
        subject = _("%(name)s was put back to a backup") % {"name": tenant.name}
        text = render_to_string("mail/life/restoration.txt", context)
        html = render_to_string("mail/life/restoration.html", context)
    _send(owner.email, subject, text, html)


def _send(to: str, subject: str, text: str, html: str) -> None:
    mail = EmailMultiAlternatives(subject, text, settings.DEFAULT_FROM_EMAIL, [to])
    mail.attach_alternative(html, "text/html")
    mail.send()
