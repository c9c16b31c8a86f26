"""Packages over the wire: on offer, sold, and what became of each session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status

from audit import recording as audit
from httpapi.doors import endpoint
from httpapi.paging import Page, PageIn, page_of
from modules.billing import services
from modules.billing.models import Package, PackagePurchase
from modules.billing.schemas.packages import (
    EntryOut,
    GivenUpOut,
    GiveUpIn,
    PackageIn,
    PackageOut,
    PackageRulesIn,
    PackageRulesOut,
    PauseIn,
    PurchaseOut,
    PurchasesIn,
    RestOut,
    ResumptionIn,
    SaleIn,
    SoldOut,
    TransferIn,
)
from modules.billing.selectors.packages import story_of
from modules.billing.services import RulesOfPackages
from tenancy.requests import Request

router = Router()


@router.get("/packages/", response=list[PackageOut], summary="Packages on offer")
@endpoint("billing.sell_package")
def list_packages(request: Request) -> list[PackageOut]:
    return [PackageOut.of(package) for package in Package.objects.current().for_display().order_by("name")]


@router.post("/packages/", response={201: PackageOut}, summary="Put a package on offer")
@endpoint("billing.manage")
def add_package(request: Request, body: PackageIn) -> Status[PackageOut]:
    package = services.add_package(details=body.details(request.tenant.currency), by=request.user)
    return Status(201, PackageOut.of(_on_offer(package.pk)))


@router.put("/packages/{uuid:package_id}/", response=PackageOut, summary="Change a package on offer")
@endpoint("billing.manage")
def change_package(request: Request, package_id: UUID, body: PackageIn) -> PackageOut:
    """What was sold stays as it was."""
    details = body.details(request.tenant.currency)
    services.change_package(package=_on_offer(package_id), details=details, by=request.user)
    return PackageOut.of(_on_offer(package_id))


@router.delete("/packages/{uuid:package_id}/", response={204: None}, summary="Take a package off offer")
@endpoint("billing.manage")
def end_package(request: Request, package_id: UUID) -> Status[None]:
    services.end_package(package=_on_offer(package_id), by=request.user, at=timezone.now())
    return Status(204, None)


@router.get("/package-rules/", response=PackageRulesOut, summary="What becomes of a session that nobody came to")
@endpoint("billing.manage")
def get_package_rules(request: Request) -> PackageRulesOut:
    return PackageRulesOut.of(services.rules_of_packages())


@router.put("/package-rules/", response=PackageRulesOut, summary="Say what becomes of a session that nobody came to")
@endpoint("billing.manage")
def set_package_rules(request: Request, body: PackageRulesIn) -> PackageRulesOut:
    rules = RulesOfPackages(**body.dict())
    return PackageRulesOut.of(services.set_rules_of_packages(rules=rules, by=request.user))


@router.get("/purchases/", response=Page[PurchaseOut], summary="Packages that were bought, newest first")
@endpoint("billing.view_package")
def list_purchases(request: Request, page: Query[PageIn], wanted: Query[PurchasesIn]) -> dict[str, Any]:
    rows = PackagePurchase.objects.visible_to(request.user).for_display().order_by("-sold_at", "-pk")
    if wanted.patient_id is not None:
        rows = rows.filter(patient_id=wanted.patient_id)

    def note(shown: list[PackagePurchase]) -> None:
        audit.listed(what=PackagePurchase, subjects=[each.patient_id for each in shown], by=request.user)

    return page_of(rows, page, PurchaseOut.of, seen=note)


@router.post("/purchases/", response={201: SoldOut}, summary="Sell a package")
@endpoint("billing.sell_package")
def sell_package(request: Request, body: SaleIn) -> Status[SoldOut]:
    """It can be drawn from at once; its invoice is a draft."""
    package, at = _on_offer(body.package_id), timezone.now()
    sold = services.sell_package(package=package, patient_id=body.patient_id, by=request.user, at=at)
    out = PurchaseOut.of(_purchase(request, sold.pk))
    return Status(201, SoldOut(**out.model_dump(), invoice_id=sold.line.invoice_id))


@router.get("/purchases/{uuid:purchase_id}/", response=PurchaseOut, summary="One package that was bought")
@endpoint("billing.view_package")
def get_purchase(request: Request, purchase_id: UUID) -> PurchaseOut:
    purchase = _purchase(request, purchase_id)
    audit.viewed(of=purchase, by=request.user)
    return PurchaseOut.of(purchase)


@router.get("/purchases/{uuid:purchase_id}/entries/", response=list[EntryOut], summary="The ledger of a package")
@endpoint("billing.view_package")
def list_entries(request: Request, purchase_id: UUID) -> list[EntryOut]:
    """Newest first."""
    purchase = _purchase(request, purchase_id)
    audit.viewed(of=purchase, by=request.user)
    return [EntryOut.of(entry) for entry in story_of(purchase, seen_by=request.user).entries]


@router.get("/purchases/{uuid:purchase_id}/rest/", response=RestOut, summary="What is left of a package, and its value")
@endpoint("billing.credit_invoice")
def get_rest(request: Request, purchase_id: UUID) -> RestOut:
    purchase = _purchase(request, purchase_id)
    audit.viewed(of=purchase, by=request.user)
    return RestOut.of(services.rest_of(purchase))


@router.post(
    "/purchases/{uuid:purchase_id}/credit-notes/",
    response={201: GivenUpOut},
    summary="Credit the rest of a package",
)
@endpoint("billing.credit_invoice")
def give_up_rest(request: Request, purchase_id: UUID, body: GiveUpIn) -> Status[GivenUpOut]:
    """Exactly the value of the sessions that are left; the package is called off. Refused while sessions are booked."""
    purchase = _purchase(request, purchase_id)
    note = services.give_up_rest(purchase=purchase, reason=body.reason, by=request.user, at=timezone.now())
    return Status(201, GivenUpOut(credit_note_id=note.pk if note else None))


@router.post("/purchases/{uuid:purchase_id}/pauses/", response={201: PurchaseOut}, summary="Freeze a package")
@endpoint("billing.sell_package")
def freeze_package(request: Request, purchase_id: UUID, body: PauseIn) -> Status[PurchaseOut]:
    """Refused while visits that it pays for are booked from that day on."""
    purchase = _purchase(request, purchase_id)
    services.freeze_package(purchase=purchase, by=request.user, at=timezone.now(), **body.dict())
    return Status(201, PurchaseOut.of(_purchase(request, purchase_id)))


@router.post("/purchases/{uuid:purchase_id}/resumptions/", response={201: PurchaseOut}, summary="Resume a package")
@endpoint("billing.sell_package")
def resume_package(request: Request, purchase_id: UUID, body: ResumptionIn) -> Status[PurchaseOut]:
    """Its last day moves by the days it was frozen."""
    purchase = _purchase(request, purchase_id)
    services.resume_package(purchase=purchase, on=body.on, by=request.user, at=timezone.now())
    return Status(201, PurchaseOut.of(_purchase(request, purchase_id)))


@router.post("/purchases/{uuid:purchase_id}/transfers/", response={201: PurchaseOut}, summary="Pass a package on")
@endpoint("billing.sell_package")
def transfer_package(request: Request, purchase_id: UUID, body: TransferIn) -> Status[PurchaseOut]:
    """To another patient, with what is left. Refused while sessions are booked, and unless it is transferable."""
    services.transfer_package(
        purchase=_purchase(request, purchase_id),
        to_id=body.patient_id,
        reason=body.reason,
        by=request.user,
        at=timezone.now(),
    )
    return Status(201, PurchaseOut.of(_purchase(request, purchase_id)))


def _on_offer(package_id: UUID) -> Package:
    return get_object_or_404(Package.objects.current().for_display(), pk=package_id)


def _purchase(request: Request, purchase_id: UUID) -> PackagePurchase:
    return get_object_or_404(PackagePurchase.objects.visible_to(request.user).for_display(), pk=purchase_id)
