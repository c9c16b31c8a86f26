"""Invoices, payments and packages over the wire, at /api/billing/."""

from ninja import Router

from modules.billing.api import invoices, packages

router = Router()
router.add_router("", invoices.router)
router.add_router("", packages.router)
