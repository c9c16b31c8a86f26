"""What the mails about records say, composed when they are sent. No mail names a patient."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from access.models import Member, Role
from modules.crm.models import (
    AskedForm,
    Correction,
    DocumentVersion,
    ExerciseSheet,
    OwnCopy,
    PatientGrant,
    ScanState,
    TreatmentPlan,
)
from modules.crm.selectors import names_of
from modules.crm.services.questionnaires.asking import secret_of
from notify.sending import Composed
from tenancy import current_tenant
from tenancy.addresses import tenant_url


def compose_emergency(*, grant_id: int, member_id: str) -> Composed | None:
    """Tell an owner that somebody opened a record in an emergency."""
    grant = PatientGrant.history.filter(pk=grant_id).first()
    owner = Member.objects.current().filter(pk=member_id).first()
    if grant is None or owner is None:
        return None
    tenant, name = current_tenant(), names_of([grant.user_id]).get(grant.user_id, "")
    context = {
        "owner": owner,
        "name": name,
        "when": date_format(grant.granted_at.astimezone(ZoneInfo(tenant.time_zone)), "D j M, H:i"),
        "link": tenant_url(tenant, f"/patients/{grant.content_object_id}/care/"),
    }
    return Composed(
        to=owner.email,
        subject=_("%(name)s opened a record in an emergency") % {"name": name},
        template="crm/emergency",
        context=context,
    )


def compose_infected(*, version_id: str, member_id: str) -> Composed | None:
    """Tell whoever sent a file, or an owner, that it has a virus and will not be opened by anybody."""
    version = DocumentVersion.objects.filter(pk=version_id, scan_state=ScanState.INFECTED).first()
    member = Member.objects.current().filter(pk=member_id).first()
    if version is None or member is None:
        return None
    tenant = current_tenant()
    where = "/my/documents/" if member.role == Role.PATIENT else "/documents/?scan=INFECTED"
    context = {
        "member": member,
        "is_theirs": member.user_id == version.by_id,
        "when": date_format(version.added_at.astimezone(ZoneInfo(tenant.time_zone)), "D j M, H:i"),
        "finding": version.finding,
        "link": tenant_url(tenant, where),
    }
    subject = _("A file was not accepted: a virus was found in it")
    return Composed(to=member.email, subject=subject, template="crm/infected", context=context)


def compose_form(*, asked_id: str) -> Composed | None:
    """Ask somebody to fill a form in, or remind them. None once it is done, taken back, or they have left."""
    asked = AskedForm.objects.waiting().for_display().filter(pk=asked_id, until__gt=timezone.now()).first()
    if asked is None or asked.patient.ended_at is not None:
        return None
    tenant = current_tenant()
    context = {
        "name": asked.patient.client.person_name,
        "due": date_format(asked.due_on, "l j F"),
        "is_reminder": asked.reminders > 0,
        "is_begun": asked.draft is not None,
        "link": tenant_url(tenant, reverse("crm:fill_form", args=[secret_of(asked.pk)])),
    }
    subject = _("A form waits for you at %(practice)s") if asked.reminders else _("A form to fill in for %(practice)s")
    to = asked.patient.client.email
    return Composed(to=to, subject=subject % {"practice": tenant.name}, template="crm/form", context=context)


def compose_plan_review(*, plan_id: str, member_id: str) -> Composed | None:
    """Remind whoever wrote a plan of its review, if it is still due."""
    plan = TreatmentPlan.objects.active().filter(pk=plan_id, patient__ended_at=None).first()
    member = Member.objects.current().filter(pk=member_id).first()
    if plan is None or member is None or plan.review_on is None:
        return None
    context = {
        "member": member,
        "when": date_format(plan.review_on, "D j M"),
        "link": tenant_url(current_tenant(), f"/patients/{plan.patient_id}/plans/{plan.pk}/"),
    }
    subject = _("A treatment plan is due for its review")
    return Composed(to=member.email, subject=subject, template="crm/plan_review", context=context)


def compose_exercises(*, sheet_id: str) -> Composed | None:
    """Say that there are exercises on the portal, and nothing of them. None once they were taken back."""
    sheet = ExerciseSheet.objects.filter(pk=sheet_id, shared=True, ended_at=None).select_related("patient__client")
    found = sheet.first()
    if found is None or found.patient.ended_at is not None:
        return None
    tenant = current_tenant()
    context = {
        "name": found.patient.client.person_name,
        "is_new": found.version == 1,
        "link": tenant_url(tenant, reverse("crm:portal_exercises")),
    }
    subject = _("Something new for you from %(practice)s") % {"practice": tenant.name}
    return Composed(to=found.patient.client.email, subject=subject, template="crm/exercises", context=context)


def compose_correction(*, correction_id: str) -> Composed | None:
    """Say that there is an answer on the portal, and nothing of it."""
    found = Correction.objects.filter(pk=correction_id, answered_at__isnull=False).for_display().first()
    if found is None or found.patient.ended_at is not None:
        return None
    tenant, client = current_tenant(), found.patient.client
    context = {"name": client.person_name, "link": tenant_url(tenant, reverse("crm:portal_corrections"))}
    subject = _("An answer from %(practice)s") % {"practice": tenant.name}
    return Composed(to=client.email, subject=subject, template="crm/correction", context=context)


def compose_copy_ready(*, copy_id: str) -> Composed | None:
    """Say that a copy can be fetched on the portal, by whoever it is for, and until when."""
    copy = OwnCopy.objects.there(timezone.now()).select_related("client", "patient").filter(pk=copy_id).first()
    if copy is None or not copy.client.email:
        return None
    tenant = current_tenant()
    context = {
        "name": copy.client.person_name,
        "until": date_format(copy.expires_at.astimezone(ZoneInfo(tenant.time_zone)), "l j F"),
        "link": tenant_url(tenant, reverse("crm:portal_data")),
    }
    subject = _("Your copy from %(practice)s is ready") % {"practice": tenant.name}
    return Composed(to=copy.client.email, subject=subject, template="crm/copy_ready", context=context)
