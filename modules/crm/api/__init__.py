"""Patients over the wire, at /api/patients/."""

from ninja import Router

from modules.crm.api import (
    care,
    consents,
    documents,
    episodes,
    involvements,
    lives,
    looks,
    note_setup,
    notes,
    patients,
    timeline,
)

router = Router()
router.add_router("", care.router)  # first: /emergency/ is no patient's id
router.add_router("", looks.router)
router.add_router("", consents.router)
router.add_router("", episodes.router)
router.add_router("", note_setup.router)
router.add_router("", notes.router)
router.add_router("", lives.router)
router.add_router("", involvements.router)
router.add_router("", documents.router)
router.add_router("", timeline.router)
router.add_router("", patients.router)
