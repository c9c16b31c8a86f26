"""The calendar over the wire, at /api/scheduling/."""

from ninja import Router

<<<<<<< HEAD
from modules.scheduling.api import appointments, feeds, offers, requests
=======
from modules.scheduling.api import appointments, calendar, offers, requests
>>>>>>> 62e2184 (Let visits be dragged, drawn out and carried by keyboard in the calendar: by practitioner, room or service, by day, week or month)

router = Router()
router.add_router("", offers.router)
router.add_router("", appointments.router)
router.add_router("", feeds.router)
router.add_router("", requests.router)
router.add_router("", calendar.router)
