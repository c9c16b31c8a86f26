"""Invoices, payments, packages and treatments over the wire, at /api/billing/."""

from ninja import Router

from modules.billing.api import documents, invoices, packages, treatments

router = Router()
router.add_router("", invoices.router)
router.add_router("", documents.router)
router.add_router("", packages.router)
router.add_router("", treatments.router)
