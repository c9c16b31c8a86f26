"""Whoever books on the public page, or follows the link in a mail: somebody who is not signed in."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _


class Visitor:
    """They may what patients may with a visit of their own, and have no other right. The log has no name for them."""

    is_authenticated = False
    pk = None

    def __str__(self) -> str:
        return str(_("Somebody online"))

    def has_perm(self, permission: str, thing: Any = None) -> bool:
        """Hold no permission: what is theirs to do is said where it is done."""
        return False
