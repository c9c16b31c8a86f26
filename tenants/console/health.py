"""How a tenant is, in one word, and the facts behind the word."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenants.console.models import TenantFigures
from tenants.models import BEHIND, Tenant, TenantState

LATE = timedelta(minutes=10)  # a job that is due for longer waits for somebody to look
STUCK = timedelta(minutes=10)  # an opening takes seconds
OLD = timedelta(minutes=45)
FAILURES_SHOWN = 3  # fewer are anybody's bad luck
FAILURE_SHARE = 0.01


class Fact(NamedTuple):
    """`word` and `tone` are what a badge says; `sentence` is the reason. A fact that is no trouble has no alarm."""

    word: str
    tone: str
    icon: str
    sentence: str
    is_trouble: bool = True


def health_of(tenant: Tenant, figures: TenantFigures | None, *, at: datetime) -> Fact:
    """Return the gravest of the facts, or that there is none."""
    return facts_of(tenant, figures, at=at)[0]


def needs_a_look(tenant: Tenant, figures: TenantFigures | None, *, at: datetime) -> bool:
    return any(fact.is_trouble for fact in facts_of(tenant, figures, at=at))


def facts_of(tenant: Tenant, figures: TenantFigures | None, *, at: datetime) -> list[Fact]:
    """Return everything that is the matter, the gravest first; one good fact if nothing is."""
    facts = [fact for fact in (_standing(tenant, at), _level(tenant)) if fact]
    if tenant.is_built:
        facts += _troubles(tenant, figures, at) if figures else [_unmeasured()]
    return facts or [Fact(_("Healthy"), "good", "circle-check", _("Nothing needs a look."), is_trouble=False)]


def _standing(tenant: Tenant, at: datetime) -> Fact | None:
    if tenant.state == TenantState.ACTIVE:
        return None
    if tenant.state == TenantState.SUSPENDED:
        return Fact(_("Suspended"), "", "ban", tenant.suspension_reason, is_trouble=False)
    if tenant.state == TenantState.OPENING and at - tenant.created_at > STUCK:
        sentence = _("It should have been open within seconds. Look at the job that opens it.")
        return Fact(_("Stuck"), "bad", "circle-alert", sentence)
    word, tone, icon, sentence = _ways()[TenantState(tenant.state)]
    return Fact(word, tone, icon, sentence, is_trouble=False)


def _level(tenant: Tenant) -> Fact | None:
    """Say where its schema is not what this release needs, or where bringing it there failed."""
    if tenant.standing == BEHIND:
        sentence = _("Its schema lacks what this release needs; its pages say so until it is migrated.")
        return Fact(_("Behind"), "bad", "circle-alert", sentence)
    if tenant.is_built and tenant.migration_error:
        return Fact(_("Migration failed"), "warn", "triangle-alert", _("It works, but its last migration failed."))
    return None


def _ways() -> dict[TenantState, tuple[str, str, str, str]]:
    """Return what is said of a tenant on its way in or out: the word, its tone, its icon and the sentence."""
    unconfirmed = _("The owner has not confirmed their e-mail yet.")
    return {
        TenantState.PENDING: (_("Not confirmed"), "", "mail-question-mark", unconfirmed),
        TenantState.OPENING: (_("Being opened"), "info", "loader", _("Its room is being built.")),
        TenantState.RESTORING: (
            _("Being put back"),
            "warn",
            "loader",
            _("It is closed while a backup takes the place of its room."),
        ),
        TenantState.IMPORTING: (_("Being imported"), "info", "loader", _("What it brings along is being read in.")),
        TenantState.DELETING: (
            _("To be deleted"),
            "warn",
            "trash-2",
            _("It is closed, and erased when its days are up."),
        ),
        TenantState.ERASING: (
            _("Being erased"),
            "warn",
            "trash-2",
            _("Nothing of it is left soon but the certificate."),
        ),
    }


def _unmeasured() -> Fact:
    return Fact(_("New"), "info", "loader", _("It has not been looked at yet."), is_trouble=False)


def _troubles(tenant: Tenant, figures: TenantFigures, at: datetime) -> list[Fact]:
    found = [_unreadable(figures), _failing(figures), _given_up(figures), _old(figures, at)]
    if tenant.state == TenantState.ACTIVE:  # elsewhere jobs are meant to wait
        found.append(_late(figures))
    return [fact for fact in found if fact]


def _unreadable(figures: TenantFigures) -> Fact | None:
    if not figures.error:
        return None
    sentence = _("Its room could not be looked at: %(error)s.") % {"error": figures.error}
    return Fact(_("Unreadable"), "bad", "circle-alert", sentence)


def _failing(figures: TenantFigures) -> Fact | None:
    if figures.failures < FAILURES_SHOWN or figures.failures < figures.requests * FAILURE_SHARE:
        return None
    told = {"failures": figures.failures, "requests": figures.requests}
    sentence = _("%(failures)d of today’s %(requests)d requests failed.") % told
    return Fact(_("Errors"), "bad", "circle-alert", sentence)


def _given_up(figures: TenantFigures) -> Fact | None:
    if not figures.jobs_dead:
        return None
    sentence = ngettext(
        "%(count)d job was given up after its last try.", "%(count)d jobs were given up after their last try.",
        figures.jobs_dead,
    )  # fmt: skip
    return Fact(_("Jobs given up"), "warn", "triangle-alert", sentence % {"count": figures.jobs_dead})


def _late(figures: TenantFigures) -> Fact | None:
    since = figures.oldest_job_at
    if since is None or figures.taken_at - since < LATE:
        return None
    minutes = int((figures.taken_at - since).total_seconds() // 60)
    sentence = _("The oldest job had waited for %(minutes)d minutes.") % {"minutes": minutes}
    return Fact(_("Jobs late"), "warn", "clock-alert", sentence)


def _old(figures: TenantFigures, at: datetime) -> Fact | None:
    if at - figures.taken_at < OLD:
        return None
    sentence = _("Nobody has looked for a while: the clock or the workers may be away.")
    return Fact(_("Old figures"), "warn", "clock-alert", sentence)
