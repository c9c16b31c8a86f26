"""The calendar over the wire, at /api/scheduling/."""

from ninja import Router

from modules.scheduling.api import (
    appointments,
    arrivals,
    availability,
    by_link,
    calendar,
    feeds,
    group_series,
    groups,
    offers,
    online,
    packages,
    requests,
    series,
    syncs,
    things,
    waiting,
)

router = Router()
router.add_router("", offers.router)
router.add_router("", things.router)
router.add_router("", availability.router)
router.add_router("", appointments.router)
router.add_router("", arrivals.router)
router.add_router("", feeds.router)
router.add_router("", syncs.router)
router.add_router("", requests.router)
router.add_router("", calendar.router)
router.add_router("", waiting.router)
router.add_router("", series.router)
router.add_router("", groups.router)
router.add_router("", online.router)
router.add_router("", by_link.router)
router.add_router("", group_series.router)
router.add_router("", packages.router)
