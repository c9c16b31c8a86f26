"""The rates of tax over the wire."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status

from httpapi.doors import endpoint
from modules.billing import services
from modules.billing.models import StampDuty, TaxRate, TaxRules
from modules.billing.schemas.taxes import LastDayIn, TaxPresetIn, TaxRateIn, TaxRateOut, TaxRulesIn
from modules.billing.selectors import tax_rates
from tenancy.requests import Request

router = Router()
RATES = "/tax-rates/"


@router.get(RATES, response=list[TaxRateOut], summary="The rates of tax")
@endpoint("billing.manage")
def list_rates(request: Request) -> list[TaxRateOut]:
    """Also those that are over, and those to come."""
    return [TaxRateOut.of(row) for row in tax_rates()]


@router.post(RATES, response={201: TaxRateOut}, summary="Have a rate of tax begin on a day")
@endpoint("billing.manage")
def begin_rate(request: Request, body: TaxRateIn) -> Status[TaxRateOut]:
    """What it was before ends the day before; what was billed stays as it is."""
    return Status(201, TaxRateOut.of(services.begin_rate(details=body.details(), by=request.user)))


@router.post(RATES + "preset/", response={201: list[TaxRateOut]}, summary="Take over the rates of a country")
@endpoint("billing.manage")
def take_over_rates(request: Request, body: TaxPresetIn) -> Status[list[TaxRateOut]]:
    """Only while there are none."""
    services.take_over_rates(country=body.country, by=request.user)
    return Status(201, [TaxRateOut.of(row) for row in tax_rates()])


@router.put(RATES + "{uuid:tax_rate_id}/last-day/", response=TaxRateOut, summary="Say until when a rate holds")
@endpoint("billing.manage")
def end_rate(request: Request, tax_rate_id: UUID, body: LastDayIn) -> TaxRateOut:
    return TaxRateOut.of(services.end_rate(rate=_kept(tax_rate_id), until=body.until, by=request.user))


@router.delete(RATES + "{uuid:tax_rate_id}/", response={204: None}, summary="Take back a rate that is to come")
@endpoint("billing.manage")
def take_back_rate(request: Request, tax_rate_id: UUID) -> Status[None]:
    services.take_back_rate(rate=_kept(tax_rate_id), by=request.user, at=timezone.now(), on=timezone.localdate())
    return Status(204, None)


@router.get("/tax-rules/", response=TaxRulesIn, summary="What is done about the stamp duty")
@endpoint("billing.manage")
def get_tax_rules(request: Request) -> TaxRulesIn:
    return _rules(services.tax_rules())


@router.put("/tax-rules/", response=TaxRulesIn, summary="Say what is done about the stamp duty")
@endpoint("billing.manage")
def set_tax_rules(request: Request, body: TaxRulesIn) -> TaxRulesIn:
    """On bills that are drawn up from now on. Only Italy has one: 409 elsewhere."""
    return _rules(services.set_stamp_duty(stamp_duty=StampDuty(body.stamp_duty), by=request.user))


def _rules(rules: TaxRules) -> TaxRulesIn:
    return TaxRulesIn.model_validate(rules, from_attributes=True)


def _kept(tax_rate_id: UUID) -> TaxRate:
    return get_object_or_404(TaxRate.objects.kept(), pk=tax_rate_id)
