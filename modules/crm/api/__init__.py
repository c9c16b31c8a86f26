"""Patients over the wire, at /api/patients/."""

from ninja import Router

from modules.crm.api import (
    care,
    codes,
    consents,
    corrections,
    diagnoses,
    documents,
    duplicates,
    episodes,
    erasing,
    exercises,
    exports,
    flags,
    imports,
    involvements,
    lives,
    looks,
    measures,
    merging,
    note_setup,
    notes,
    pairs,
    patients,
    plans,
    profiles,
    questionnaires,
    regions,
    saved_searches,
    taking,
    timeline,
)
from modules.crm.api.contacts import coverages, identity, points

router = Router()
router.add_router("", care.router)  # first: /emergency/ is no patient's id
router.add_router("", looks.router)
router.add_router("", profiles.router)
router.add_router("", duplicates.router)
router.add_router("", pairs.router)
router.add_router("", regions.router)
router.add_router("", exports.router)
router.add_router("", imports.router)
router.add_router("", merging.router)
router.add_router("", erasing.router)
router.add_router("", taking.router)
router.add_router("", consents.router)
router.add_router("", episodes.router)
router.add_router("", codes.router)
router.add_router("", diagnoses.router)
router.add_router("", measures.router)
router.add_router("", note_setup.router)
router.add_router("", notes.router)
router.add_router("", flags.router)
router.add_router("", lives.router)
router.add_router("", involvements.router)
router.add_router("", coverages.router)
router.add_router("", points.router)
router.add_router("", identity.router)
router.add_router("", documents.router)
router.add_router("", questionnaires.router)
router.add_router("", plans.router)
router.add_router("", corrections.router)
router.add_router("", exercises.router)
router.add_router("", timeline.router)
router.add_router("", saved_searches.router)
router.add_router("", patients.router)
