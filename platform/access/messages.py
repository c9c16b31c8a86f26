"""The invitation's mail, composed when it is sent."""

from __future__ import annotations

from django.utils.translation import gettext as _

from access import services
from access.models import Member
from notify.sending import Composed
from tenancy import current_tenant
from tenancy.addresses import platform_url


def compose_invitation(*, member_id: str) -> Composed | None:
    """Write the mail with a fresh link; None if the person has joined, or the invitation was withdrawn."""
    member = Member.objects.invited().filter(pk=member_id).first()
    if member is None:
        return None
    tenant = current_tenant()
    link = platform_url(f"/invitations/{tenant.id}/{services.new_invitation_secret(member)}/")
    return Composed(
        to=member.email,
        subject=_("%(practice)s invites you") % {"practice": tenant.name},
        template="access/invitation",
        context={"member": member, "role": member.get_role_display(), "link": link},
    )
