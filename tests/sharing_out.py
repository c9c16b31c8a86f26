"""Which tests one xdist worker keeps for itself."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

# They start a whole site. One worker runs them, one after the other: two at a time starve each other on two cores.
WITH_A_SITE = ("tests/browser/", "tests/test_real_services.py")


class OneSiteAtATime(LoadScopeScheduling):
    """Shares tests out one by one, but for those that start a site. (`xdist_group` does nothing since pytest 9.2.)"""

    def _split_scope(self, nodeid: str) -> str:
        return "site" if nodeid.startswith(WITH_A_SITE) else nodeid
