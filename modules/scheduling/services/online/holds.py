"""Book on the public page: a time is kept at once, and becomes a visit when the e-mail has been verified."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from audit import recording as audit
from identity.secrets import digest, new_secret
from kernel.errors import Conflict, Invalid
from kernel.locking import lock_row
from kernel.ranges import as_range
from modules.crm import public as crm
from modules.scheduling.domain.hours import Offered
from modules.scheduling.models import Appointment, Hold, HoldState, Location, Service
from modules.scheduling.selectors import Asker
from modules.scheduling.services.placing.clashes import Place, Search, write_at_first_free
from modules.scheduling.services.placing.places import look, places_to_try, practitioners_to_try, rules_set_aside
from modules.scheduling.services.visits import telling
from modules.scheduling.services.visits.booking import book_appointment
from modules.scheduling.services.visits.visitors import Visitor
from modules.scheduling.services.visits.wishes import (
    Wish,
    check_time,
    read_period,
    read_services,
    wrong,
)

HELD_FOR = timedelta(minutes=15)
REMEMBERED_FOR = timedelta(days=7)
AT_A_TIME = 200
CODE_DIGITS = 6


class HoldIsOver(Conflict):
    """The time was kept for as long as was said, and is not any more."""

    code = "hold-over"


class WrongCode(Invalid):
    code = "wrong-code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booker:
    """What somebody says of themself and of the visit."""

    newcomer: crm.Newcomer
    remark: str = ""
    referral: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A time that is kept, and the secret of the page on which it is confirmed. It is told this once."""

    hold: Hold
    secret: str


def bookable_services() -> list[Service]:
    """Return what the public page shows: what is booked there, and what one gets in touch for."""
    return list(Service.objects.current().filter(places=None).exclude(offered=Offered.STAFF).order_by("name"))


def public_location() -> Location:
    """Return the location of the public page: the first one."""
    return Location.objects.order_by("pk")[0]


@transaction.atomic
def hold_time(
    *, service_id: UUID, starts_at: datetime, practitioner_id: UUID | None, booker: Booker, at: datetime
) -> Held:
    """Keep a time and have a code mailed. Raises `CannotBook`, `SlotTaken`, `NobodyIsFree` or `crm.NotRegistrable`."""
    crm.check_newcomer(booker.newcomer)
    visitor = Visitor()
    wish = Wish(service_id=service_id, patient_id=None, starts_at=starts_at, practitioner_id=practitioner_id)
    services = read_services(wish)
    if services.first.offered == Offered.STAFF:  # as if it did not exist
        raise wrong(_("This service is not offered."), at="service_id")
    period = read_period(starts_at=starts_at, ends_at=None, usual=services.length)
    check_time(period, by=visitor, at=at)
    search = Search(services.all, period, room_id=None, at=at, asker=Asker.patient())
    moment = look(search, practitioner_id=practitioner_id)
    practitioners = practitioners_to_try(practitioner_id, services=services, moment=moment, search=search, by=visitor)
    rules_set_aside(moment, practitioner=practitioners[0], search=search, override="")
    secret = new_secret()
    hold = Hold(
        service=services.first,
        period=as_range(period),
        occupies=as_range(services.occupied(period)),
        details=_written(booker),
        page_digest=digest(secret),
        expires_at=at + HELD_FOR,
        created_at=at,
    )
    places = places_to_try(moment, practitioners=practitioners)
    write_at_first_free(_keeper(hold), places=places, search=search)
    kept = audit.created(hold, ["service_id", "practitioner_id", "period", "expires_at"])
    audit.record(action="scheduling.hold.kept", of=hold, by=None, changes=kept)
    telling.about_hold(hold, at=at)
    return Held(hold, secret)


def find_hold(*, secret: str) -> Hold | None:
    """Return the hold of a page, or of a link that was mailed."""
    rows = Hold.objects.select_related("service", "practitioner", "location")
    found = digest(secret)
    return rows.filter(Q(page_digest=found) | Q(mail_digest=found)).first()


def came_by_mail(hold: Hold, *, secret: str) -> bool:
    """Test whether somebody holds the link that was mailed, which shows as much as the code does."""
    return bool(hold.mail_digest) and constant_time_compare(hold.mail_digest, digest(secret))


def booker_of(hold: Hold) -> Booker | None:
    """Return what was said, while it is remembered."""
    if not hold.details:
        return None
    said = json.loads(hold.details)
    return Booker(newcomer=crm.Newcomer(**said.pop("newcomer")), **said)


@transaction.atomic
def new_codes(*, hold_id: UUID, at: datetime) -> tuple[Hold, str, str] | None:
    """Return a hold with a new code and a new secret for its link, in place of those before; None if it is over.

    Called when the mail is written, so that neither waits anywhere in between.
    """
    hold = lock_row(Hold.objects.select_related("service", "location"), hold_id)
    if not hold.is_open(at):
        return None
    code, secret = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}", new_secret()
    hold.code_digest, hold.mail_digest = _digest_of_code(hold, code), digest(secret)
    hold.save(update_fields=["code_digest", "mail_digest"])
    return hold, code, secret


@transaction.atomic
def confirm_hold(*, hold: Hold, secret: str, code: str, at: datetime) -> Appointment:
    """Make a visit of a time that is kept. Raises `HoldIsOver`, `WrongCode`, and what `book_appointment` does.

    The time is given back and booked in one transaction, so nobody gets in between. Twice is the same visit.
    """
    hold = lock_row(Hold.objects.select_related("service", "practitioner"), hold.pk)
    if not came_by_mail(hold, secret=secret):
        _check_code(hold, code)
    if hold.appointment is not None:
        return hold.appointment
    booker = booker_of(hold)
    if not hold.is_open(at) or booker is None:
        raise HoldIsOver(_("The time is no longer kept for you. Nothing has been booked."))
    patient = crm.find_or_register(newcomer=booker.newcomer)
    hold.state = HoldState.LAPSED
    hold.save(update_fields=["state"])
    hold.appointment = book_appointment(wish=_wish(hold, booker, patient), by=Visitor(), at=at)
    hold.state, hold.details = HoldState.BOOKED, ""
    hold.save(update_fields=["state", "details", "appointment"])
    became = {"appointment_id": (None, hold.appointment.pk)}
    audit.record(action="scheduling.hold.booked", of=hold, by=None, changes=became)
    return hold.appointment


@transaction.atomic
def lapse_holds(*, at: datetime) -> int:
    """Give back the times that nobody confirmed, and forget who wanted them. Whoever confirms one now has it."""
    rows = Hold.objects.select_for_update(skip_locked=True).filter(state=HoldState.OPEN, expires_at__lte=at)
    over = list(rows.order_by("expires_at")[:AT_A_TIME])
    for hold in over:
        hold.state, hold.details = HoldState.LAPSED, ""
        hold.save(update_fields=["state", "details"])
        audit.record(action="scheduling.hold.lapsed", of=hold, by=None)
    Hold.objects.filter(created_at__lt=at - REMEMBERED_FOR).exclude(state=HoldState.OPEN).delete()
    return len(over)


def _keeper(hold: Hold) -> Callable[[Place], Hold]:
    def keep(place: Place) -> Hold:
        hold.location_id, hold.practitioner = place.location_id, place.practitioner
        hold.room_id, hold.room_place = place.room or (None, 1)
        hold.equipment_ids = [equipment_id for equipment_id, _number in place.equipment]
        hold.equipment_places = [number for _id, number in place.equipment]
        hold.save(force_insert=True)
        return hold

    return keep


def _wish(hold: Hold, booker: Booker, patient: crm.PatientCard) -> Wish:
    return Wish(
        service_id=hold.service_id,
        patient_id=patient.id,
        starts_at=hold.starts_at,
        practitioner_id=hold.practitioner_id,
        remark=booker.remark,
        referral=booker.referral,
        source="web",
        asked_at=hold.created_at,
    )


def _written(booker: Booker) -> str:
    return json.dumps(asdict(booker))


def _check_code(hold: Hold, code: str) -> None:
    typed = "".join(character for character in code if character.isdigit())
    if not hold.code_digest or not constant_time_compare(hold.code_digest, _digest_of_code(hold, typed)):
        sentence = _("That is not the code in the mail. Nothing has been booked yet.")
        raise WrongCode(sentence, fields={"code": [sentence]})


def _digest_of_code(hold: Hold, code: str) -> str:
    """Return what is kept of a code: so short a thing needs the server's key to it."""
    return salted_hmac("scheduling.hold", f"{hold.pk}:{code}", algorithm="sha256").hexdigest()
