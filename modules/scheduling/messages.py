"""What the mails about visits say, composed when they are sent. None: the reason for the mail has gone."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.models import Member
from modules.scheduling.domain.states import Status
from modules.scheduling.gateways.deposits import deposit_of
from modules.scheduling.gateways.elsewhere import sentence_of
from modules.scheduling.gateways.video import video_url_of
from modules.scheduling.invitation import calendar_file, calendar_of_visits, method_of
from modules.scheduling.models import Appointment, ExternalCalendar, Location, Offer, Series
from modules.scheduling.selectors import Asker, Wanted, next_free
from modules.scheduling.services.online import holds, links
from modules.scheduling.services.waiting.offering import secret_of
from notify.sending import Attachment, Composed
from tenancy import current_tenant
from tenancy.addresses import tenant_url

TIMES_TO_OFFER = 3


def compose_booked(*, appointment_id: str, version: int) -> Composed | None:
    return _if_still_so(appointment_id, version, template="scheduling/booked", subject=_("Your visit on %(when)s"))


def compose_requested(*, appointment_id: str, version: int) -> Composed | None:
    """Say that it was asked for; nothing, if it was answered before the mail had left."""
    appointment = _appointment(appointment_id)
    if appointment.status != Status.REQUESTED or appointment.expires_at is None:
        return None
    answer_by = appointment.expires_at.astimezone(appointment.location.zone)
    subject = _("You asked for a visit on %(when)s")
    return _letter(appointment, template="scheduling/requested", subject=subject, more={"answer_by": answer_by})


def compose_reserved(*, appointment_id: str, version: int) -> Composed | None:
    """Say until when it is kept and what is to be paid; nothing, if that was done before the mail had left."""
    appointment = _appointment(appointment_id)
    deposit = deposit_of(appointment.pk)
    if appointment.status != Status.RESERVED or deposit is None or not deposit.pay_path:
        return None
    tenant = current_tenant()
    more = {
        "until": deposit.until.astimezone(appointment.location.zone),
        "amount": deposit.amount.shown(tenant.language),
        "pay_link": tenant_url(tenant, deposit.pay_path),
    }
    return _letter(appointment, template="scheduling/reserved", subject=_("Reserved for you: %(when)s"), more=more)


def compose_refused(*, appointment_id: str, version: int) -> Composed | None:
    """Say that there is no visit, why, and when else there could be one."""
    appointment = _appointment(appointment_id)
    now = timezone.now()
    wanted = Wanted(services=(appointment.service,))
    free = next_free(wanted=wanted, after=now, at=now, asker=Asker.patient(known=True), most=TIMES_TO_OFFER)
    more = {"free": [slot.starts_at for slot in free]}
    return _letter(appointment, template="scheduling/refused", subject=_("No visit on %(when)s"), more=more)


def compose_hold(*, hold_id: str) -> Composed | None:
    """Say with which code a time becomes a visit; nothing, once it has become one or is no longer kept."""
    made = holds.new_codes(hold_id=UUID(hold_id), at=timezone.now())
    if made is None:
        return None
    hold, code, secret = made
    booker = holds.booker_of(hold)
    if booker is None:
        return None
    zone = hold.location.zone
    context = {
        "name": booker.newcomer.first_name,
        "hold": hold,
        "starts_at": hold.starts_at.astimezone(zone),
        "until": hold.expires_at.astimezone(zone),
        "code": code,
        "link": tenant_url(current_tenant(), reverse("scheduling:online_held", args=[secret])),
    }
    return Composed(
        to=booker.newcomer.email, subject=_("Your code for the visit"), template="scheduling/hold", context=context
    )


def compose_moved(*, appointment_id: str, version: int) -> Composed | None:
    return _if_still_so(
        appointment_id, version, template="scheduling/moved", subject=_("Moved: your visit is now on %(when)s")
    )


def compose_reminder(*, appointment_id: str, version: int) -> Composed | None:
    """Remind of a visit; one that a suspension held back until the day itself does not say "tomorrow"."""
    appointment = _appointment(appointment_id)
    zone = appointment.location.zone
    days = appointment.starts_at.astimezone(zone).date() - timezone.now().astimezone(zone).date()
    subject = _("Tomorrow: your visit on %(when)s") if days.days == 1 else _("Reminder: your visit on %(when)s")
    return _if_still_so(appointment_id, version, template="scheduling/reminder", subject=subject)


def compose_cancelled(*, appointment_id: str, version: int) -> Composed | None:
    appointment = _appointment(appointment_id)
    if appointment.invitation != version:  # taken back before the mail had left
        return None
    return _composed(appointment, template="scheduling/cancelled", subject=_("Cancelled: your visit on %(when)s"))


def compose_offer(*, offer_id: str) -> Composed | None:
    """Offer a time, unless it has been answered or taken back meanwhile."""
    offer = _offer(offer_id)
    if not offer.is_held or offer.expires_at <= timezone.now():
        return None
    return _of_offer(offer, template="scheduling/offer", subject=_("A time is free for you: %(when)s"))


def compose_offer_gone(*, offer_id: str) -> Composed | None:
    return _of_offer(_offer(offer_id), template="scheduling/offer_gone", subject=_("No longer kept: %(when)s"))


def _offer(offer_id: str) -> Offer:
    return Offer.objects.for_display().get(pk=offer_id)


def _of_offer(offer: Offer, *, template: str, subject: str) -> Composed:
    appointment, client = offer.appointment, offer.patient.client
    zone = appointment.location.zone
    starts_at = offer.starts_at.astimezone(zone)
    context: dict[str, Any] = {
        "appointment": appointment,
        "client": client,
        "patient": offer.patient,
        "starts_at": starts_at,
        "ends_at": offer.ends_at.astimezone(zone),
        "expires_at": offer.expires_at.astimezone(zone),
        "link": f"{tenant_url(current_tenant())}offers/{secret_of(offer.pk)}/",
    }
    when = date_format(starts_at, "D j M, H:i")
    return Composed(
        to=client.email,
        subject=subject % {"when": when},
        template=template,
        context=context,
        person=offer.patient_id,
    )


SUBJECTS = {
    "booked": gettext_lazy("Your visits from %(when)s"),
    "changed": gettext_lazy("Changed: your visits from %(when)s"),
    "cancelled": gettext_lazy("Cancelled: your visits from %(when)s"),
}


def compose_series(
    *, series_id: str, version: int, what: str, visits: list[str] | None = None, patient_id: str | None = None
) -> Composed | None:
    """Tell of several visits at once, as they are now; nothing, if the series was changed again meanwhile."""
    series = Series.objects.for_display().get(pk=series_id)
    rows = Appointment.objects.for_display().in_order()
    rows = rows.filter(patient_id=patient_id) if patient_id else rows.filter(series=series, session=None)
    if visits is not None:
        rows = rows.filter(pk__in=visits)
    wanted = rows.filter(status=Status.CANCELLED) if what == "cancelled" else rows.not_begun()
    shown = [visit for visit in wanted if visit.starts_at > timezone.now()]
    if series.version != version or not shown:
        return None
    patient, zone = shown[0].patient, series.location.zone
    client = patient.client
    context = {
        "client": client,
        "patient": patient,
        "what": what,
        "location": series.location,
        "notice_hours": series.location.change_notice_hours,
        "visits": [(visit, visit.starts_at.astimezone(zone), visit.ends_at.astimezone(zone)) for visit in shown],
    }
    file = calendar_of_visits(shown, at=timezone.now())
    return Composed(
        to=client.email,
        subject=str(SUBJECTS[what]) % {"when": date_format(shown[0].starts_at.astimezone(zone), "D j M, H:i")},
        template="scheduling/series",
        context=context,
        person=patient.pk,
        attachments=(Attachment("visits.ics", file, "text/calendar; method=PUBLISH; charset=utf-8"),),
    )


def compose_stale_calendar(*, calendar_id: str) -> Composed | None:
    """Say that a calendar elsewhere cannot be read; nothing, if it could be meanwhile."""
    calendar = ExternalCalendar.objects.current().select_related("practitioner").filter(pk=calendar_id).first()
    if calendar is None or calendar.practitioner.user_id is None or not calendar.is_stale(timezone.now()):
        return None
    member = Member.objects.of_user(calendar.practitioner.user_id).first()
    if member is None:
        return None
    location = Location.objects.order_by("pk").first()
    zone = location.zone if location else UTC
    context = {
        "name": calendar.practitioner.name,
        "label": calendar.label,
        "since": (calendar.last_ok_at or calendar.created_at).astimezone(zone),
        "sentence": sentence_of(calendar.problem),
    }
    subject = _("Your calendar “%(label)s” cannot be read") % {"label": calendar.label}
    return Composed(to=member.email, subject=subject, template="scheduling/stale_calendar", context=context)


def _if_still_so(appointment_id: str, version: int, *, template: str, subject: str) -> Composed | None:
    """Compose, unless the visit has been moved again, cancelled, or is past."""
    appointment = _appointment(appointment_id)
    is_past = appointment.starts_at < timezone.now()
    if appointment.invitation != version or not appointment.is_not_begun or is_past:
        return None
    return _composed(appointment, template=template, subject=subject)


def _composed(appointment: Appointment, *, template: str, subject: str) -> Composed:
    content = calendar_file(appointment, at=timezone.now())
    attachment = Attachment("visit.ics", content, _media_type(appointment))
    return _letter(appointment, template=template, subject=subject, attachments=(attachment,))


def _letter(
    appointment: Appointment,
    *,
    template: str,
    subject: str,
    more: dict[str, Any] | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> Composed:
    client, zone = appointment.patient.client, appointment.location.zone
    starts_at = appointment.starts_at.astimezone(zone)
    context: dict[str, Any] = {
        "appointment": appointment,
        "client": client,
        "starts_at": starts_at,
        "ends_at": appointment.ends_at.astimezone(zone),
        "video_url": video_url_of(appointment),
        "notice_hours": appointment.location.change_notice_hours,
        "link": links.make_link(appointment=appointment) if appointment.holds_its_time else "",
    }
    return Composed(
        to=client.email,
        subject=subject % {"when": date_format(starts_at, "D j M, H:i")},
        template=template,
        context=context | (more or {}),
        person=appointment.patient_id,
        attachments=attachments,
    )


def _media_type(appointment: Appointment) -> str:
    return f"text/calendar; method={method_of(appointment)}; charset=utf-8"


def _appointment(appointment_id: str) -> Appointment:
    return Appointment.objects.for_display().get(pk=appointment_id)
