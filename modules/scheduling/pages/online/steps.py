"""Visit, time, confirm: three steps, each an address without a word about who comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from kernel.errors import DomainError
from kernel.limits import TooMany
from modules.scheduling.forms.booker import BookerForm, booker_form, is_a_machine
from modules.scheduling.gateways.deposits import terms_of
from modules.scheduling.models import Location, Service
from modules.scheduling.pages.online.choices import (
    ANYBODY,
    PARTS,
    chosen_practitioner,
    chosen_service,
    practitioners_for,
    times_of,
    wanted_of,
    week_of,
)
from modules.scheduling.pages.online.frames import show
from modules.scheduling.selectors import next_free, slots_at
from modules.scheduling.services import CannotBook, SlotTaken
from modules.scheduling.services.online import pace
from modules.scheduling.services.online.holds import bookable_services, hold_time, public_location
from tenancy.requests import Request
from webui.doors import open_page
from webui.refusals import add_refusal

WHY_OPEN = "people book before they have an account; what they may see is what the practice offers online"
OTHER_TIMES = 9


@open_page(WHY_OPEN)
def visit_step(request: Request, *, framed: bool = False) -> HttpResponse:
    pace.count_look(ip=request.ip)
    context = {"services": bookable_services(), "location": public_location()}
    return show(request, "scheduling/online/visit.html", context, framed=framed)


@open_page(WHY_OPEN)
def time_step(request: Request, *, framed: bool = False) -> HttpResponse:
    """The free times of a week. A service that cannot be booked here leads back to the choice of one."""
    pace.count_look(ip=request.ip)
    service = chosen_service(bookable_services(), request.GET)
    if service is None:
        return redirect(_home(framed=framed))
    location, people = public_location(), practitioners_for(service)
    with timezone.override(location.zone):
        practitioner, part = chosen_practitioner(people, request.GET), request.GET.get("part", "")
        wanted = wanted_of(service, practitioner, part, location)
        context = {
            "service": service,
            "practitioners": people,
            "practitioner": practitioner,
            "parts": [(value, words[0]) for value, words in PARTS.items()],
            "part": part if part in PARTS else "",
            "week": week_of(wanted, location, request.GET, at=timezone.now()),
            "location": location,
            "query_of_step": urlencode(
                {"service": service.pk, "with": practitioner.pk if practitioner else "", "part": part}
            )
            + "&",
            "back": _home(framed=framed),
        }
        return show(request, "scheduling/online/time.html", context, framed=framed)


# Nobody's session is used here, and a frame elsewhere brings no cookie: there is nothing that a forged form could use.
@csrf_exempt
@open_page(WHY_OPEN)
def confirm_step(request: Request, *, framed: bool = False) -> HttpResponse:
    """Who comes; then the time is kept, and the page for the code is next."""
    pace.count_look(ip=request.ip)
    values = request.POST if request.method == "POST" else request.GET
    service = chosen_service(bookable_services(), values)
    if service is None:
        return redirect(_home(framed=framed))
    form = booker_form(request.tenant.vertical, request.POST if request.method == "POST" else None)
    problem: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return _hold(request, service, form, framed=framed)
        except DomainError as error:
            problem = error
    return _confirm_page(request, service, form, problem, framed=framed)


def _hold(request: Request, service: Service, form: BookerForm, *, framed: bool) -> HttpResponse:
    booker = form.booker()
    if is_a_machine(request.POST):
        raise CannotBook(_("That did not work. Ring us to book."))
    pace.count_hold(ip=request.ip, email=booker.newcomer.email)
    starts_at, practitioner_id = chosen_time(request.POST)
    if starts_at is None:
        raise CannotBook(_("Choose a time."), fields={"slot": [_("Choose a time.")]})
    held = hold_time(
        service_id=service.pk,
        starts_at=starts_at,
        practitioner_id=practitioner_id,
        booker=booker,
        at=timezone.now(),
    )
    return redirect("scheduling:framed_held" if framed else "scheduling:online_held", held.secret)


def _confirm_page(
    request: Request, service: Service, form: BookerForm, problem: DomainError | None, *, framed: bool
) -> HttpResponse:
    now, location = timezone.now(), public_location()
    values = request.POST if request.method == "POST" else request.GET
    starts_at, practitioner_id = chosen_time(values)
    people = practitioners_for(service)
    practitioner = next((each for each in people if each.pk == practitioner_id), None)
    wanted = wanted_of(service, practitioner, "", location)
    is_free = starts_at is not None and bool(slots_at(wanted=wanted, starts_at=starts_at, at=now, asker=ANYBODY))
    if not is_free and not isinstance(problem, SlotTaken | TooMany):
        problem = SlotTaken(_("That time is no longer free. Nothing has been booked."), clash="")
    if problem is not None and not isinstance(problem, SlotTaken):
        add_refusal(form, problem)
    status = problem.status if problem else 422 if form.is_bound else 200
    with timezone.override(location.zone):
        context = {
            "service": service,
            "practitioner": practitioner,
            "location": location,
            "starts_at": starts_at.astimezone(location.zone) if starts_at else None,
            "slot": values.get("slot", ""),
            "terms": terms_of([service]),
            "form": form,
            "problem": problem if isinstance(problem, SlotTaken) else None,
            "back": f"{_home(framed=framed)}time/?service={service.pk}",
            "others": [] if is_free else _others(wanted, starts_at, at=now),
            **_policy(location, starts_at, at=now),
        }
        response = show(request, "scheduling/online/confirm.html", context, framed=framed, status=status)
    if isinstance(problem, TooMany):
        response["Retry-After"] = str(problem.retry_after)
    return response


def _others(wanted: Any, starts_at: datetime | None, *, at: datetime) -> list[Any]:
    """Return the times nearest after the one that is gone."""
    after = max(starts_at or at, at)
    found = next_free(wanted=wanted, after=after, at=at, asker=ANYBODY, most=OTHER_TIMES)
    found = found or next_free(wanted=wanted, after=at, at=at, asker=ANYBODY, most=OTHER_TIMES)
    return times_of(found, one=wanted.practitioner_ids)


def _policy(location: Location, starts_at: datetime | None, *, at: datetime) -> dict[str, Any]:
    """Return until when it can be changed online; nothing where that is past as soon as it is booked."""
    deadline = starts_at - timedelta(hours=location.change_notice_hours) if starts_at else None
    return {"deadline": deadline if deadline and deadline > at else None}


def chosen_time(values: Any) -> tuple[datetime | None, UUID | None]:
    start, _bar, who = values.get("slot", "").partition("|")
    try:
        moment = parse_datetime(start)
        practitioner_id = UUID(who) if who else None
    except ValueError:
        return None, None
    return (moment if moment is not None and moment.tzinfo else None), practitioner_id


def _home(*, framed: bool) -> str:
    return reverse("scheduling:framed" if framed else "scheduling:online")
