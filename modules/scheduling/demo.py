"""Weeks of visits: past ones with notes, today's in every state, and those to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kernel.errors import Conflict
from modules.crm import public as crm
from modules.scheduling import services
from modules.scheduling.domain.series import first_on
from modules.scheduling.domain.states import Status
from modules.scheduling.domain.vitals import Sign
from modules.scheduling.domain.waiting import Priority
from modules.scheduling.models import (
    Appointment,
    BlockKind,
    Equipment,
    Location,
    Practitioner,
    Room,
    Service,
    Shows,
    Side,
)
from modules.scheduling.selectors import Asker, Wanted, next_free
from modules.scheduling.selectors.waiting import where_could_go
from modules.scheduling.services import Arrival, CallOff, Chosen, GroupWish, Move, SeriesWish, Visitor, Wish
from modules.scheduling.services.elsewhere import feeds
from modules.scheduling.services.online import embedding
from modules.scheduling.services.practice import blocking, catalogue, hours
from modules.scheduling.services.practice.blocking import BlockWish

if TYPE_CHECKING:
    from tenants.demo import Stage

DAYS_BACK, DAYS_AHEAD = 14, 11
WEEKDAYS = range(5)
EQUIPMENT = {"clinic": ("Ultrasound", "Sports massage"), "vet": ("X-ray", "Dental check")}
MEASURED_SINCE = timedelta(days=3)
ARRIVALS: dict[str, tuple[tuple[str, ...], dict[Sign, tuple[str, ...]]]] = {
    "clinic": (
        ("Knee still sore on stairs.", "Woke with a stiff neck.", "Back gave way while gardening."),
        {Sign.SYSTOLIC: ("118", "126", "134"), Sign.DIASTOLIC: ("74", "80", "86"), Sign.PAIN: ("2", "4", "6")},
    ),
    "vet": (
        ("Scratches her ears.", "Not eating since yesterday.", "Yearly check."),
        {Sign.WEIGHT: ("4.2", "11.8", "27.5"), Sign.TEMPERATURE: ("38.2", "38.6", "39.1")},
    ),
}
NOTES = {
    "clinic": (
        ("Stairs easier, woke once this week.", "Flexion 128°. Single-leg squat ×8.", "Load to 3 × 12 heavy slow."),
        ("Ran 2 km on grass, mild ache after.", "No effusion. VISA-P 71.", "Keep running days apart."),
        ("Neck stiff after desk work.", "Rotation 60° left, 75° right.", "Break every 40 min; two drills."),
    ),
    "vet": (
        ("Eating well, lively.", "Weight stable. Heart and lungs clear.", "Next booster in a year."),
        ("Scratching for a week.", "Flea dirt along the spine.", "Spot-on today, again in four weeks."),
        ("Limping after a walk.", "Pain on stifle extension.", "Rest ten days, check again."),
    ),
}


def seed(stage: Stage) -> None:
    """Fill the calendars from a fortnight ago to a fortnight from now."""
    practice, location = stage.practice, Location.objects.get()
    address = {"street": practice.street, "postal_code": practice.postal_code, "city": practice.city}
    Location.objects.filter(pk=location.pk).update(**address)
    _open_at_weekends(stage, location)
    _equip(stage, location)
    _block(stage, location)
    offered = list(Service.objects.order_by("name"))
    patients, teams = crm.active_patients(), crm.care_teams()
    for day in range(-DAYS_BACK, DAYS_AHEAD + 1):
        for practitioner in Practitioner.objects.order_by("name"):
            for starts_at in _starts(stage, location, day):
                known = [each for each in patients if teams[each.id] <= {practitioner.user_id}]  # people come back
                patient = stage.chance.choice(known)
                teams[patient.id] |= {practitioner.user_id} if practitioner.user_id else set()
                _visit(stage, practitioner, stage.chance.choice(offered), patient, starts_at)
    _series(stage, location, min(offered, key=lambda service: service.duration))
    _group(stage, location)
    _share(stage)
    _wait(stage, patients)
    _ask(stage, location)


def _share(stage: Stage) -> None:
    """Put the visits of those who sign in most into a calendar app. The addresses themselves nobody learns."""
    treats = stage.people["practitioner"]
    for practitioner in Practitioner.objects.filter(user_id=treats.pk):
        feeds.make_feed(practitioner=practitioner, label="Telephone", shows=Shows.INITIALS, by=treats, at=stage.now)


WAITING = (  # how many days they have waited, how urgent, why, on which days and hours, how many hours of notice
    (9, Priority.ROUTINE, "", services.Hours(weekdays=frozenset({0, 2, 4}), ends=time(13)), 4),
    (2, Priority.URGENT, "pain at night", services.Hours(), 1),
    (6, Priority.SOON, "before a journey", services.Hours(starts=time(14)), 24),
    (14, Priority.ROUTINE, "", services.Hours(weekdays=frozenset({1, 3}), starts=time(9), ends=time(17)), 2),
)


def _wait(stage: Stage, patients: list[crm.PatientCard]) -> None:
    """Have some people wait, one of them for an earlier visit, and keep a time for the most urgent one."""
    desk, service = stage.people["reception"], Service.objects.current().order_by("name")[1]
    tomorrow = stage.now.date() + timedelta(days=1)  # what is free in an hour is too near to be thought about
    for patient, (days, priority, reason, when, notice) in zip(patients[-len(WAITING) :], WAITING, strict=False):
        wait = services.Wait(
            patient_id=patient.id,
            service_id=service.pk,
            first_day=stage.now.date(),
            hours=(when,),
            notice_minutes=notice * 60,
            priority=priority,
            priority_reason=reason,
        )
        entry = services.add_entry(wait=wait, by=desk, at=stage.now - timedelta(days=days))
        free = where_could_go(entry, at=stage.now, first=tomorrow) if priority is Priority.URGENT else []
        for fit in [each for each in free if each.match.opening.starts_at.date() >= tomorrow][:1]:
            services.make_offer(chance=services.Chance(fit=fit), by=desk, at=stage.now)
    late = (
        Appointment.objects.not_begun().filter(period__startswith__gt=stage.now + timedelta(days=5)).in_order().last()
    )
    if late is not None:
        wait = services.Wait(appointment_id=late.pk, first_day=stage.now.date(), notice_minutes=180)
        services.add_entry(wait=wait, by=desk, at=stage.now - timedelta(days=3))


def _ask(stage: Stage, location: Location) -> None:
    """Have the longest service be asked for, and one request wait for its answer; and let a site frame the page."""
    service = Service.objects.order_by("-duration", "name").first()
    if service is None:
        return
    Service.objects.filter(pk=service.pk).update(needs_confirmation=True)
    service.refresh_from_db()
    wanted = Wanted(services=(service,), location_id=location.pk)
    tomorrow = stage.now + timedelta(days=1)
    free = next_free(wanted=wanted, after=tomorrow, at=stage.now, asker=Asker.patient(), most=1)
    newcomer = crm.Newcomer(first_name="Nadia", last_name="Brandt", email="nadia@mail.example")
    patient = crm.find_or_register(newcomer=newcomer)
    for slot in free:
        wish = Wish(
            service_id=service.pk,
            patient_id=patient.id,
            starts_at=slot.starts_at,
            practitioner_id=slot.practitioner_id,
            remark="First time here. Any hour of that day is fine.",
            referral="a friend",
            source="web",
        )
        services.book_appointment(wish=wish, by=Visitor(), at=stage.now)
    embedding.allow_frames(sites=["https://www.example.com"], by=stage.people["owner"])


def _open_at_weekends(stage: Stage, location: Location) -> None:
    """Work on Saturday and Sunday mornings, too: whoever looks at the demo then shall see a day."""
    mornings = [(weekday, time(9), time(14)) for weekday in (5, 6)]
    for practitioner in Practitioner.objects.order_by("name"):
        usual = [(row.weekday, row.starts, row.ends) for row in practitioner.hours.filter(weekday__in=WEEKDAYS)]
        week = [*usual, *mornings]
        hours.set_week(practitioner=practitioner, location=location, week=week, by=stage.people["owner"], at=stage.now)


def _equip(stage: Stage, location: Location) -> None:
    """A device that a service needs, and another of its kind at the repairer's."""
    owner, (kind, service) = stage.people["owner"], EQUIPMENT[stage.tenant.vertical]
    pieces = [
        catalogue.save_thing(
            thing=Equipment(location=location, kind=catalogue.equipment_kind_named(kind)),
            values={"name": f"{kind} {number}"},
            by=owner,
        )
        for number in (1, 2)
    ]
    needing = Service.objects.get(name=service)
    catalogue.save_thing(thing=needing, values={"equipment_kinds": [pieces[0].kind]}, by=owner)
    day = stage.now.astimezone(location.zone).date()
    _set(
        stage, "owner", kind=BlockKind.MAINTENANCE, equipment_id=pieces[1].pk, first_day=day + timedelta(days=2),
        last_day=day + timedelta(days=4), note="Yearly service",
    )  # fmt: skip


def _block(stage: Stage, location: Location) -> None:
    """What a practice has in its calendar beside visits: breaks, somebody's leave, a holiday, a room to be painted."""
    day, staff = stage.now.astimezone(location.zone).date(), list(Practitioner.objects.order_by("name"))
    monday, first = day + timedelta(days=7 - day.weekday()), staff[0].pk
    pause = {"starts": time(16), "ends": time(16, 15), "rule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"}
    _set(stage, "reception", kind=BlockKind.BREAK, practitioner_id=first, first_day=monday, **pause)
    friday = monday + timedelta(days=18)
    _set(
        stage, "reception", kind=BlockKind.LEAVE, practitioner_id=staff[-1].pk, first_day=friday,
        last_day=friday + timedelta(days=9),
    )  # fmt: skip
    _set(stage, "owner", kind=BlockKind.CLOSURE, location_id=location.pk, first_day=date(day.year, 12, 25),
         rule="FREQ=YEARLY", note="Christmas")  # fmt: skip
    room = Room.objects.order_by("name").first()
    if room is not None:
        _set(stage, "owner", kind=BlockKind.MAINTENANCE, room_id=room.pk, first_day=monday + timedelta(days=16),
             note="Painters")  # fmt: skip


def _set(stage: Stage, who: str, **wish: Any) -> None:
    blocking.block_time(wish=BlockWish(**wish), by=stage.people[who], at=stage.now)


def _starts(stage: Stage, location: Location, day: int) -> Iterator[datetime]:
    """Yield some of the hours of a day; the days to come are less full."""
    local = (stage.now + timedelta(days=day)).astimezone(location.zone)
    for hour in (9, 10, 11, 14, 15, 16) if local.weekday() in WEEKDAYS else (10, 11, 12):
        if stage.chance.random() < (0.45 if day <= 0 else 0.25):
            yield datetime.combine(local.date(), time(hour, stage.chance.choice((0, 15))), location.zone)


def _series(stage: Stage, location: Location, service: Service) -> None:
    """A visit every week, of which the second was moved to another time."""
    practitioner, desk = Practitioner.objects.order_by("name")[0], stage.people["reception"]
    patient = next(each for each in crm.active_patients() if crm.care_teams()[each.id] <= {practitioner.user_id})
    tomorrow = stage.now.astimezone(location.zone).date() + timedelta(days=1)
    wish = SeriesWish(
        patient_id=patient.id,
        service_ids=(service.pk,),
        practitioner_ids=(practitioner.pk,),
        rule="FREQ=WEEKLY;COUNT=6",
        first_day=first_on(tomorrow, {1, 2, 3}),
        starts=time(12),
    )
    plan = services.plan_series(wish=wish, by=desk, at=stage.now)
    chosen = [Chosen(number=visit.number) for visit in plan if visit.slot]
    series = services.book_series(wish=wish, chosen=chosen, by=desk, at=stage.now)
    second = series.appointments.order_by("planned_day")[1]
    free = next(slot for slot in plan[chosen[1].number - 1].look.slots if slot.practitioner_id == practitioner.pk)
    for ahead in (1, 2, -1, 24, 25):
        try:
            there = free.starts_at + timedelta(hours=ahead)
            services.move_appointment(appointment=second, to=Move(starts_at=there), by=desk, at=stage.now)
        except Conflict:
            continue
        return


CLASSES = {"clinic": ("Back class", 5), "vet": ("Puppy class", 6)}


def _group(stage: Stage, location: Location) -> None:
    """A class every week, with a few who come to the next one."""
    name, places = CLASSES[stage.tenant.vertical]
    desk, currency = stage.people["reception"], stage.tenant.currency
    service = Service.objects.create(name=name, duration=60, price_minor=1800, currency=currency, places=places)
    practitioner = Practitioner.objects.order_by("-name")[0]
    service.practitioners.add(practitioner)
    day = first_on(stage.now.astimezone(location.zone).date() + timedelta(days=1), {0, 1, 2, 3})
    starts_at = datetime.combine(day, time(17), location.zone)
    wish = GroupWish(service_id=service.pk, practitioner_id=practitioner.pk, starts_at=starts_at, title=name)
    rule = "FREQ=WEEKLY;COUNT=6"
    plan = services.plan_groups(wish=wish, rule=rule, by=desk, at=stage.now)
    taken = {each.number for each in plan if not each.is_free}
    session = services.create_groups(wish=wish, rule=rule, skip=taken, by=desk, at=stage.now)[0]
    for patient in crm.active_patients()[: places - 1]:
        try:
            services.join_group(session=session, patient_id=patient.id, by=desk, at=stage.now)
        except Conflict:  # elsewhere then
            continue


def _visit(
    stage: Stage, practitioner: Practitioner, service: Service, patient: crm.PatientCard, starts_at: datetime
) -> None:
    booked_at = min(starts_at - timedelta(days=stage.chance.randint(1, 9)), stage.now)
    wish = Wish(
        service_id=service.pk,
        patient_id=patient.id,
        starts_at=starts_at,
        practitioner_id=practitioner.pk,
        source="desk",
    )
    try:
        appointment = services.book_appointment(wish=wish, by=stage.people["reception"], at=booked_at)
    except Conflict:  # a long visit before, or the patient is elsewhere: as at any desk
        return
    _live(stage, appointment)


def _live(stage: Stage, appointment: Appointment) -> None:
    """Take a visit as far as it would have come by now."""
    desk, fate = stage.people["reception"], stage.chance.random()
    if fate < 0.05 and not _is_today(stage, appointment):
        at = min(appointment.starts_at - timedelta(hours=20), stage.now)
        called_off = CallOff(reason="not well", side=Side.PATIENT)
        services.cancel_appointment(appointment=appointment, cancellation=called_off, by=desk, at=at)
    elif appointment.ends_at <= stage.now:
        if fate > 0.95:
            services.set_status(appointment=appointment, status=Status.NO_SHOW, by=desk, at=appointment.ends_at)
        else:
            _complete(stage, appointment)
    elif appointment.starts_at <= stage.now + timedelta(minutes=20) and _is_today(stage, appointment):
        _arrive(stage, appointment)


def _is_today(stage: Stage, appointment: Appointment) -> bool:
    return appointment.starts_at.date() == stage.now.date()


def _arrive(stage: Stage, appointment: Appointment) -> None:
    at = min(appointment.starts_at - timedelta(minutes=6), stage.now)
    services.set_status(appointment=appointment, status=Status.CHECKED_IN, by=stage.people["reception"], at=at)
    if appointment.starts_at <= stage.now:
        treats = _account_of(stage, appointment)
        _note_arrival(stage, appointment, by=treats, at=appointment.starts_at)
        services.set_status(appointment=appointment, status=Status.IN_PROGRESS, by=treats, at=appointment.starts_at)


def _note_arrival(stage: Stage, appointment: Appointment, *, by: Any, at: datetime) -> None:
    """Have somebody say why they come, and be measured: what is measured of people or of animals."""
    why, vitals = ARRIVALS[stage.tenant.vertical]
    measured = {sign: Decimal(stage.chance.choice(values)) for sign, values in vitals.items()}
    arrival = Arrival(identity="ASKED", complaints=stage.chance.choice(why), vitals=measured)
    services.note_arrival(appointment=appointment, arrival=arrival, by=by, at=at)


def _complete(stage: Stage, appointment: Appointment) -> None:
    start, end, treats = appointment.starts_at, appointment.ends_at, _account_of(stage, appointment)
    arrived_at = start - timedelta(minutes=5)
    if stage.now - start < MEASURED_SINCE:
        _note_arrival(stage, appointment, by=treats, at=arrived_at)
    else:
        services.set_status(appointment=appointment, status=Status.CHECKED_IN, by=treats, at=arrived_at)
    services.set_status(appointment=appointment, status=Status.IN_PROGRESS, by=treats, at=start)
    subjective, objective, plan = stage.chance.choice(NOTES[stage.tenant.vertical])
    sections = {"subjective": subjective, "objective": objective, "plan": plan}
    services.save_note(appointment=appointment, sections=sections, shared=False, by=treats, at=end)
    services.sign_note(appointment=appointment, by=treats, at=end)
    services.set_status(appointment=appointment, status=Status.COMPLETED, by=treats, at=end)


def _account_of(stage: Stage, appointment: Appointment) -> Any:
    return next(user for user in stage.people.values() if user.pk == appointment.practitioner.user_id)
