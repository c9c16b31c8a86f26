"""What the calendar keeps of a person, kind by kind, for whoever erases them.

A visit stays as a time that was taken: bills, stock and figures hang on it. Whose it was is an id that leads to nobody.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from modules.crm.public import Declared, Nothing, Personal, Term

OF_VISIT = ("appointment__patient_id",)

PERSONAL: Declared = (
    Personal(
        model="scheduling.Appointment",
        label=_("Visits: remarks and reasons"),
        patient=("patient_id",),
        term=Term.CLINICAL,
        day="period",
        deletes=False,
        blanks={"referral": "", "remark": "", "cancel_reason": "", "episode_id": None},
        stays=("source",),
    ),
    Personal(
        model="scheduling.AppointmentChange",
        label=_("What became of visits: reasons"),
        patient=OF_VISIT,
        deletes=False,
        blanks={"reason": ""},
        stays=("status",),
    ),
    Personal(
        model="scheduling.Cancellation",
        label=_("Visits called off: reasons"),
        patient=OF_VISIT,
        deletes=False,
        blanks={"reason": ""},
        stays=("currency",),
    ),
    Personal(
        model="scheduling.Override",
        label=_("Rules set aside for them: reasons"),
        patient=OF_VISIT,
        deletes=False,
        blanks={"reason": "", "sentences": []},
        stays=("rules",),
    ),
    Personal(model="scheduling.CheckIn", label=_("Check-ins: complaints"), patient=OF_VISIT, term=Term.CLINICAL),
    Personal(
        model="scheduling.VitalSign",
        label=_("Vital signs"),
        patient=("check_in__appointment__patient_id",),
        term=Term.CLINICAL,
    ),
    Personal(model="scheduling.VisitLink", label=_("Links to their visits"), patient=OF_VISIT),
    Personal(
        model="scheduling.Hold",
        label=_("What they typed when they booked online"),
        patient=OF_VISIT,
        deletes=False,
        blanks={"details": ""},
        stays=("page_digest", "mail_digest", "code_digest"),
    ),
    Personal(model="scheduling.Offer", label=_("Times offered"), patient=("patient_id",)),
    Personal(model="scheduling.WaitingEntry", label=_("On the waiting list"), patient=("patient_id",)),
    Personal(model="scheduling.WaitingService", label=_("What they waited for"), patient=("entry__patient_id",)),
    Personal(model="scheduling.WaitingWindow", label=_("When they could come"), patient=("entry__patient_id",)),
    Personal(
        model="scheduling.WaitingEntry_practitioners",
        label=_("With whom they wanted a time"),
        patient=("waitingentry__patient_id",),
    ),
    Personal(
        model="scheduling.Series",
        label=_("Series of visits: who booked them"),
        patient=("patient_id",),
        deletes=False,
        stays=("rule",),
    ),
    Nothing("scheduling.GroupSession", "A course; who took part stands in the visits."),
    Nothing("scheduling.AppointmentService", "Which service a visit was of."),
    Nothing("scheduling.AppointmentEquipment", "Which equipment a visit took."),
    Nothing("scheduling.Claim", "That a time is taken, and by which ids."),
    Nothing("scheduling.PushedVisit", "How far a calendar elsewhere is in step: digests."),
    Nothing("scheduling.FreedTime", "That a time came free."),
)
