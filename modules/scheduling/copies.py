"""What the calendar puts into the copy that somebody asks for."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from modules.crm.public import Copied, Copies, LeftOut
from modules.scheduling.domain.states import Status

INSIDE = "How the calendar keeps it, not what it says of anybody."
THE_DESKS = "A remark of the desk to itself."
IN_THE_VISIT = "What came of it stands in the visit."

COPIES: Copies = (
    Copied(
        model="scheduling.Appointment",
        name="Appointment",
        label=_("Visits"),
        patient="patient_id",
        permissions=("scheduling.view_appointment",),
        never={"status": Status.OFFERED.value},
        names={
            "id": "id",
            "patient_id": "subject.reference:Patient",
            "status": "status",
            "starts_at": "start",
            "ends_at": "end",
            "service__name": "serviceType.0.text",
            "practitioner__name": "participant.0.actor.display",
            "location__name": "participant.1.actor.display",
            "session_number": "session.number",
            "session_total": "session.of",
            "source": "bookedBy",
            "checked_in_at": "arrived",
            "started_at": "started",
            "completed_at": "completed",
            "created_at": "created",
        },
        without=dict.fromkeys(
            (
                *("practitioner_place", "patient_place", "room_id", "room_place", "session_id", "session_place"),
                *("series_id", "planned_day", "planned_time", "package_id", "package_number", "package_total"),
                *("occupies", "expires_at", "version", "sequence"),
            ),
            INSIDE,
        )
        | dict.fromkeys(("location_id", "service_id", "practitioner_id", "period"), "It stands in words.")
        | dict.fromkeys(("remark", "cancel_reason", "referral"), THE_DESKS)
        | {"episode_id": "It is for those who treat."},
        title="service__name",
        day="starts_at",
    ),
    Copied(
        model="scheduling.WaitingEntry",
        name="AppointmentRequest",
        label=_("On the waiting list"),
        patient="patient_id",
        permissions=("scheduling.view_waiting",),
        names={
            "id": "id",
            "patient_id": "subject.reference:Patient",
            "service__name": "serviceType.0.text",
            "location__name": "location.display",
            "first_day": "requestedPeriod.start",
            "last_day": "requestedPeriod.end",
            "notice_minutes": "noticeMinutes",
            "state": "status",
            "source": "askedBy",
            "created_at": "created",
            "ended_at": "ended",
        },
        without=dict.fromkeys(("priority", "priority_reason", "remark"), THE_DESKS)
        | dict.fromkeys(("session_id", "version", "created_by_id", "created_by_name"), INSIDE)
        | dict.fromkeys(("service_id", "location_id"), "It stands in words.")
        | {"appointment_id": IN_THE_VISIT},
        title="service__name",
        day="created_at",
    ),
    Copied(
        model="scheduling.WaitingWindow",
        name="AppointmentRequestWindow",
        label=_("When they could come"),
        patient="entry__patient_id",
        permissions=("scheduling.view_waiting",),
        names={
            "id": "id",
            "entry_id": "basedOn.0.reference:AppointmentRequest",
            "weekdays": "daysOfWeek",
            "starts": "availableStartTime",
            "ends": "availableEndTime",
        },
        title="starts",
    ),
    Copied(
        model="scheduling.WaitingEntry_practitioners",
        name="AppointmentRequestPractitioner",
        label=_("With whom they wanted a time"),
        patient="waitingentry__patient_id",
        permissions=("scheduling.view_waiting",),
        names={
            "waitingentry_id": "basedOn.0.reference:AppointmentRequest",
            "practitioner__name": "actor.display",
        },
        without={"id": INSIDE, "practitioner_id": "It stands in words."},
        title="practitioner__name",
    ),
    LeftOut("scheduling.WaitingService", "Which further services a time was wanted for; the first stands with it."),
    LeftOut("scheduling.Offer", IN_THE_VISIT),
    LeftOut("scheduling.AppointmentChange", IN_THE_VISIT),
    LeftOut("scheduling.Cancellation", IN_THE_VISIT),
    LeftOut("scheduling.Override", "Why the desk set a rule of its own aside."),
    LeftOut("scheduling.CheckIn", "Complaints at the check-in are for those who treat. Ask the practice for them."),
    LeftOut("scheduling.VitalSign", "Vital signs are for those who treat. Ask the practice for them."),
    LeftOut("scheduling.VisitLink", "The digest of a secret."),
    LeftOut("scheduling.Hold", IN_THE_VISIT),
    LeftOut("scheduling.Series", "Each of its visits is here."),
    LeftOut("scheduling.GroupSession", "A course; that somebody took part stands in the visit."),
    LeftOut("scheduling.AppointmentService", "Further services of a visit; the first stands with it."),
    LeftOut("scheduling.AppointmentEquipment", INSIDE),
    LeftOut("scheduling.Claim", INSIDE),
    LeftOut("scheduling.PushedVisit", INSIDE),
    LeftOut("scheduling.FreedTime", INSIDE),
)
