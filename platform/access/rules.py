"""Who may manage the workspace itself."""

from django.utils.translation import gettext_lazy as _

from access.permissions import anything

PERMISSIONS = {
    "access.manage_members": {"all": anything},
    "access.view_roles": {"all": anything},
    "access.manage_roles": {"all": anything},
    "access.use_workspace": {"all": anything},
    "access.use_portal": {"self": anything},
    "tenants.manage_workspace": {"all": anything},
    "tenants.manage_address": {"all": anything},
    "tenants.export_data": {"all": anything},
    "tenants.delete_workspace": {"all": anything},
    "tenants.manage_support": {"all": anything},
    "tenants.manage_security": {"all": anything},
    "audit.view": {"all": anything},
}

WORDS = {
    "access.manage_members": _("Invite colleagues, change their role, let them go"),
    "access.view_roles": _("See what each role may do"),
    "access.manage_roles": _("Decide what each role may do"),
    "access.use_workspace": _("Use the workspace"),
    "access.use_portal": _("Use the portal"),
    "tenants.manage_workspace": _("Set up the workspace"),
    "tenants.manage_address": _("Change the address, and add domains of the practice's own"),
    "tenants.export_data": _("Take all data along in one file"),
    "tenants.delete_workspace": _("Have the workspace deleted"),
    "tenants.manage_support": _("Decide what Atrium's support may do here"),
    "tenants.manage_security": _("Decide who has to have a second step at sign-in"),
    "audit.view": _("Read the log of who did and saw what"),
}
