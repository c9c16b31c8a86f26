"""Whoever books on the public page, or follows the link in a mail: somebody who is not signed in."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _


class Visitor:
    """They may what patients may with a visit of their own, and have no other right at all.

    `known` says whether they are a patient already; None while nobody knows. The log has nobody's name for them.
    """

    is_authenticated = False
    pk = None

    def __init__(self, *, known: bool | None = None) -> None:
        self.known = known

    def __str__(self) -> str:
        return str(_("Somebody online"))

    def has_perm(self, permission: str, thing: Any = None) -> bool:
        """Hold no permission: what is theirs to do is said where it is done."""
        return False
