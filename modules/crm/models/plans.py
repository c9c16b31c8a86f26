"""Treatment plans: what is aimed at, by what, until when, and what the patient said to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Prefetch, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from access.permissions import narrow
from history import keeps_history
from kernel.ids import new_id
from modules.crm.domain.plans import GoalState, PlanState, reached
from modules.crm.models.episodes import EpisodeOfCare
from modules.crm.models.people import Patient, read_by
from modules.crm.models.profiles import patients_of
from privacy.fields import SealedCharField, SealedTextField

PLAN_LABELS = {
    PlanState.ACTIVE: _("Active"),
    PlanState.COMPLETED: _("Completed"),
    PlanState.REVOKED: _("Stopped"),
}
GOAL_LABELS = {
    GoalState.PROPOSED: _("Proposed"),
    GoalState.ACTIVE: _("Worked on"),
    GoalState.ACHIEVED: _("Achieved"),
    GoalState.ABANDONED: _("Given up"),
}


class PlanQuerySet(models.QuerySet["TreatmentPlan"]):
    def visible_to(self, user: Any) -> PlanQuerySet:
        """Those of whom one reads the record; on the portal the ones that are shared, of those for whom one answers."""
        shared = Q(patient__in=patients_of(user.pk), shared=True)
        return narrow(self, user, "crm.view_plan", care=Q(patient__in=read_by(user).values("pk")), own=shared)

    def active(self) -> PlanQuerySet:
        return self.filter(state=PlanState.ACTIVE)

    def for_display(self) -> PlanQuerySet:
        """With goals and what was noted of them: three queries, however many they are."""
        notes = GoalNote.objects.order_by("-at", "-pk")
        goals = Goal.objects.order_by("position", "pk").prefetch_related(Prefetch("notes", notes))
        return self.select_related("patient__client", "episode").prefetch_related(Prefetch("goals", goals))


@keeps_history
class TreatmentPlan(models.Model):
    """What is agreed to be done. What the patient agreed to is a version of it: a later one is not agreed to yet."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="plans")
    episode = models.ForeignKey(EpisodeOfCare, models.PROTECT, null=True, related_name="plans")
    title = SealedCharField(max_length=120)
    text = SealedTextField(blank=True)  # what is done
    frequency = SealedCharField(max_length=80, blank=True)
    sessions = models.PositiveSmallIntegerField(null=True)  # how many are planned
    state = models.CharField(max_length=9, choices=[(each.value, label) for each, label in PLAN_LABELS.items()])
    starts_on = models.DateField()
    review_on = models.DateField(null=True)
    reminded_for = models.DateField(null=True)  # the review of which its author was reminded
    shared = models.BooleanField(default=False)
    author_id = models.UUIDField()
    author_name = models.CharField(max_length=150)
    version = models.PositiveIntegerField(default=1, db_default=1)
    changed_at = models.DateTimeField()
    changed_by_name = models.CharField(max_length=150)
    agreed_version = models.PositiveIntegerField(null=True)
    agreed_at = models.DateTimeField(null=True)
    agreed_by_id = models.UUIDField(null=True)
    agreed_by_name = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = PlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(review_on=None) | Q(review_on__gte=models.F("starts_on")), name="plan_reviewed_after_start"
            ),
            models.CheckConstraint(
                condition=Q(agreed_at=None, agreed_version=None)
                | Q(agreed_at__isnull=False, agreed_version__isnull=False),
                name="plan_agreed_to_a_version",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-created_at"], name="plan_of_patient"),
            models.Index(fields=["review_on"], condition=Q(state="active"), name="plan_to_review"),
        ]

    @property
    def subject_id(self) -> UUID:
        return self.patient_id

    @property
    def is_active(self) -> bool:
        return self.state == PlanState.ACTIVE

    @property
    def is_agreed(self) -> bool:
        """Test whether the patient agreed to it as it reads now."""
        return self.agreed_version == self.version

    @property
    def was_agreed(self) -> bool:
        """Test whether they agreed to an earlier version only."""
        return self.agreed_version is not None and not self.is_agreed

    @property
    def progress(self) -> tuple[int, int]:
        return reached([goal.state for goal in self.goals.all()])


@keeps_history
class Goal(models.Model):
    """What the patient wants to reach. `target` says by what one would know it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(TreatmentPlan, models.PROTECT, related_name="goals")
    position = models.PositiveSmallIntegerField()
    text = SealedCharField(max_length=200)
    target = SealedCharField(max_length=120, blank=True)
    due_on = models.DateField(null=True)
    state = models.CharField(max_length=9, choices=[(each.value, label) for each, label in GOAL_LABELS.items()])

    class Meta:
        indexes = [models.Index(fields=["plan", "position"], name="goal_of_plan")]

    @property
    def subject_id(self) -> UUID:
        return self.plan.patient_id

    @property
    def tone(self) -> str:
        return {GoalState.ACHIEVED: "good", GoalState.ACTIVE: "info"}.get(GoalState(self.state), "")


class GoalNote(models.Model):
    """How a goal stood on a day. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    goal = models.ForeignKey(Goal, models.PROTECT, related_name="notes")
    state = models.CharField(max_length=9, choices=[(each.value, label) for each, label in GOAL_LABELS.items()])
    text = SealedTextField(blank=True)
    at = models.DateTimeField()
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=150)

    class Meta:
        indexes = [models.Index(fields=["goal", "-at"], name="goal_note_of_goal")]

    @property
    def subject_id(self) -> UUID:
        return self.goal.plan.patient_id
