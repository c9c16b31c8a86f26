"""The public page as an API: anybody may look and keep a time; who shows that they read their mail has it.

Nobody is signed in here: a token or a cookie that comes along changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from kernel.doors import open_door
from kernel.errors import Invalid
from modules.scheduling.forms.booker import booker_form
from modules.scheduling.models import Hold, Location, Service
from modules.scheduling.schemas.online import (
    CodeIn,
    HeldOut,
    HoldIn,
    HoldOut,
    PublicLocationOut,
    PublicServiceOut,
    PublicServicesOut,
    PublicServiceTimesIn,
    PublicTimesIn,
    TimesOut,
)
from modules.scheduling.selectors import Asker, Wanted, find_slots, next_free, search_of_days
from modules.scheduling.services.online import holds, pace
from modules.scheduling.services.visits import telling
from tenancy.requests import Request

router = Router(auth=None)

WHY_OPEN = "people book before they have an account; what they may see is what the practice offers online"
WHY_BY_LINK = "its address is a secret; whoever has it has to show, too, that they read the mail"


@router.get("/public/services/", response=PublicServicesOut, summary="Booked online: what is offered")
@open_door(WHY_OPEN)
def list_public_services(request: Request) -> PublicServicesOut:
    pace.count_look(ip=request.ip)
    services = holds.bookable_services()
    prefetch_related_objects(services, "practitioners")
    shown = [PublicServiceOut.of(service) for service in services]
    location = PublicLocationOut.of(holds.public_location())
    return PublicServicesOut(location=location, items=shown, count=len(shown))


@router.get("/public/services/{uuid:service_id}/times/", response=TimesOut, summary="Booked online: free times")
@open_door(WHY_OPEN)
def list_public_times(request: Request, service_id: UUID, asked: Query[PublicServiceTimesIn]) -> TimesOut:
    pace.count_look(ip=request.ip)
    location = holds.public_location()
    wanted = asked.wanted(_bookable(service_id), practitioner_id=asked.practitioner_id, location=location)
    return times_in(wanted, location, asked, at=timezone.now())


@router.post("/public/holds/", response={201: HeldOut}, summary="Booked online: keep a time")
@open_door(WHY_OPEN)
def keep_time(request: Request, response: HttpResponse, body: HoldIn) -> Status[HeldOut]:
    """A code goes to the e-mail. The time is kept for a quarter of an hour; it is booked once the code is sent back."""
    form = booker_form(request.tenant.vertical, body.about_the_booker())
    if not form.is_valid():
        fields = {name: [str(each) for each in sentences] for name, sentences in form.errors.items()}
        raise Invalid(_("Some fields need another look."), fields=fields)
    booker = form.booker()
    pace.count_hold(ip=request.ip, email=booker.newcomer.email)
    now = timezone.now()
    held = holds.hold_time(
        service_id=_offered(body.service_id).pk,
        starts_at=body.start_time,
        practitioner_id=body.practitioner_id,
        booker=booker,
        at=now,
    )
    for_nobody_else(response)
    return Status(201, HeldOut(secret=held.secret, **HoldOut.columns(held.hold, at=now)))


@router.get("/public/holds/{secret}/", response=HoldOut, summary="Booked online: a time that is kept")
@open_door(WHY_BY_LINK)
def get_hold(request: Request, response: HttpResponse, secret: str) -> HoldOut:
    return _shown(response, _hold_behind(request, secret))


@router.post("/public/holds/{secret}/confirmation/", response=HoldOut, summary="Booked online: confirm with the code")
@open_door(WHY_BY_LINK)
def confirm(request: Request, response: HttpResponse, secret: str, body: CodeIn) -> HoldOut:
    """Twice is the same visit. With the secret of the link in the mail no code is needed."""
    hold = _hold_behind(request, secret)
    pace.count_code(secret=secret, ip=request.ip)
    holds.confirm_hold(hold=hold, secret=secret, code=body.code, at=timezone.now())
    return _shown(response, _hold_behind(request, secret))


@router.post("/public/holds/{secret}/mail/", response=HoldOut, summary="Booked online: have another code mailed")
@open_door(WHY_BY_LINK)
def another_code(request: Request, response: HttpResponse, secret: str) -> HoldOut:
    """The code before it is good for nothing once the mail is written."""
    hold = _hold_behind(request, secret)
    pace.count_mail(hold_id=hold.pk)
    telling.about_hold(hold, at=timezone.now())
    return _shown(response, hold)


def times_in(wanted: Wanted, location: Location, asked: PublicTimesIn, *, at: datetime) -> TimesOut:
    """Return the free times of some days: those asked for, else from the next free time on."""
    asker, zone = Asker.patient(), location.zone
    today = at.astimezone(zone).date()
    soonest = [] if asked.from_ else next_free(wanted=wanted, after=at, at=at, asker=asker)
    first = max(asked.from_ or (soonest[0].starts_at.astimezone(zone).date() if soonest else today), today)
    search = search_of_days(first, first + timedelta(days=asked.days - 1), zone)
    slots = find_slots(wanted=wanted, search=search, at=at, asker=asker)
    onward = [] if slots else next_free(wanted=wanted, after=search.end, at=at, asker=asker)
    return TimesOut.of(slots, onward=onward[0].starts_at if onward else None)


def for_nobody_else(response: HttpResponse) -> None:
    response["Cache-Control"] = "private, no-store"


def _shown(response: HttpResponse, hold: Hold) -> HoldOut:
    for_nobody_else(response)
    return HoldOut.of(hold, at=timezone.now())


def _offered(service_id: UUID) -> Service:
    """Return a service of the public page. Those for staff do not exist here."""
    found = next((each for each in holds.bookable_services() if each.pk == service_id), None)
    if found is None:
        raise Http404
    return found


def _bookable(service_id: UUID) -> Service:
    service = _offered(service_id)
    if not service.bookable_online:
        raise Http404
    return service


def _hold_behind(request: Request, secret: str) -> Hold:
    hold = holds.find_hold(secret=secret)
    if hold is None:
        pace.count_guessed_hold(ip=request.ip)
        raise Http404
    return hold
