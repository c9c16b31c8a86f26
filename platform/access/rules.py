"""Who may manage the workspace itself."""

from access.permissions import anything

PERMISSIONS = {
    "access.manage_members": {"all": anything},
    "access.use_workspace": {"all": anything},
    "access.use_portal": {"self": anything},
    "tenants.manage_workspace": {"all": anything},
    "audit.view": {"all": anything},
}
