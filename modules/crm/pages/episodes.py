"""One episode of care: what it is about, its visits, and its end."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import recording as audit
from kernel.errors import DomainError
from modules.crm import services
from modules.crm.domain.episodes import ALLOWED, EpisodeStatus
from modules.crm.forms.episodes import EpisodeForm
from modules.crm.models import EPISODE_LABELS, EpisodeOfCare
from modules.crm.selectors.diagnoses import diagnoses_of_episode
from modules.crm.services.episodes import WORDS, EpisodeStatusNotAllowed
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import add_refusal

STEPS = {
    EpisodeStatus.ONHOLD: gettext_lazy("Put on hold"),
    EpisodeStatus.ACTIVE: gettext_lazy("Go on with it"),
    EpisodeStatus.FINISHED: gettext_lazy("Close it"),
    EpisodeStatus.CANCELLED: gettext_lazy("It was a mistake"),
}


@page("crm.view_episode")
def episode(request: Request, patient_id: UUID, episode_id: UUID) -> HttpResponse:
    """Read it; whoever has the patient in their care writes, and takes it to its next state by a button."""
    rows = EpisodeOfCare.objects.visible_to(request.user).filter(patient=patient_id)
    found = get_object_or_404(rows.select_related("patient__client"), pk=episode_id)
    form = EpisodeForm(request.POST or None, initial={name: getattr(found, name) for name in WORDS})
    status = 422 if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            _write(request, found, form)
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            messages.success(request, _("Saved."))
            return redirect("crm:episode", patient_id=patient_id, episode_id=episode_id)
    now = EpisodeStatus(found.status)
    context = {
        "episode": found,
        "patient": found.patient,
        "form": form,
        "label": EPISODE_LABELS[now],
        "diagnoses": diagnoses_of_episode(found, seen_by=request.user),
        "may_write": request.user.has_perm("crm.manage_episode", found),
        "steps": [(each.value, STEPS[each]) for each in EpisodeStatus if each in ALLOWED[now] and each in STEPS],
    }
    audit.viewed(of=found, by=request.user)
    return render(request, "crm/episode.html", context, status=status)


def _write(request: Request, episode: EpisodeOfCare, form: EpisodeForm) -> None:
    wanted = request.POST.get("status", "")
    if not wanted:
        services.describe_episode(episode=episode, words=form.words(), by=request.user)
        return
    if wanted not in {each.value for each in EpisodeStatus}:
        raise EpisodeStatusNotAllowed(_("There is no such state."))
    services.set_episode_status(episode=episode, status=wanted, words=form.words(), by=request.user, at=timezone.now())
