"""The calendar over the wire, at /api/scheduling/."""

from ninja import Router

from modules.scheduling.api import appointments, offers

router = Router()
router.add_router("", offers.router)
router.add_router("", appointments.router)
