"""What one person agreed to: read, sign here, note a paper, withdraw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from audit import recording as audit
from kernel.errors import NotAllowed
from modules.crm import selectors, services
from modules.crm.domain.drawings import HEIGHT, WIDTH
from modules.crm.forms.consents import PaperForm, SignerForm, SignForm, WithdrawForm
from modules.crm.models import Consent, ConsentText, Patient, Relation
from modules.crm.pages.seen import patient_to_sign_for, visible_patient
from modules.crm.pages.staff import may_see_consents
from modules.crm.selectors.statistics import statistics_standing
from tenancy.requests import Request
from webui.doors import page
from webui.refusals import tried

SHEET = {"width": WIDTH, "height": HEIGHT}


@page("crm.view_consent")
def consents(request: Request, patient_id: UUID) -> HttpResponse:
    """How somebody stands to everything that is asked, and all that they ever said to it."""
    patient = _seen(request, patient_id)
    said = Consent.objects.visible_to(request.user).filter(patient=patient).select_related("text__kind")
    context = {
        "patient": patient,
        "standing": selectors.standing_of(patient),
        "said": said.order_by("-at", "-id"),
        "statistics": statistics_standing(patient),
        "may_take": request.user.has_perm("crm.take_consent", patient),
    }
    audit.viewed(of=patient, by=request.user, how="viewed_consents")
    return render(request, "crm/consents.html", context)


@page("crm.view_consent")
def consent(request: Request, patient_id: UUID, consent_id: UUID) -> HttpResponse:
    """The text as it was shown, the signature, and what else shows that it was given."""
    patient = _seen(request, patient_id)
    rows = Consent.objects.visible_to(request.user).filter(patient=patient)
    found = get_object_or_404(rows.select_related("text__kind", "patient__client"), pk=consent_id)
    audit.viewed(of=found, by=request.user)
    return render(request, "crm/consent.html", {"patient": patient, "consent": found, "sheet": SHEET})


@page("crm.take_consent")
def sign(request: Request, patient_id: UUID, kind_id: UUID) -> HttpResponse:
    """Have somebody read and sign, here and now; then back to where they were asked."""
    patient = taken(request, patient_id)
    shown = standing(patient, kind_id)
    text = _text_of(request, shown)
    form = SignForm(request.POST or None, initial=signing(patient, text))
    context = {
        "patient": patient,
        "kind": shown.kind,
        "text": text,
        "texts": _languages(shown),
        "form": form,
        "sheet": SHEET,
        "next": onward(request),
    }
    audit.viewed(of=patient, by=request.user, how="viewed_consents")
    return _carry_out(
        request, patient, form, lambda: sign_shown(request, patient, text, form), "crm/consent_sign.html", context
    )


@page("crm.take_consent")
def paper(request: Request, patient_id: UUID, kind_id: UUID) -> HttpResponse:
    """Note that somebody signed a paper."""
    patient = taken(request, patient_id)
    shown = standing(patient, kind_id)
    text = _text_of(request, shown)
    today = timezone.localdate()
    form = PaperForm(request.POST or None, initial=signing(patient, text) | {"signed_on": today})
    context = {"patient": patient, "kind": shown.kind, "text": text, "form": form, "next": onward(request)}
    audit.viewed(of=patient, by=request.user, how="viewed_consents")

    def note() -> None:
        services.note_paper(
            patient=patient, text=text, signer=form.signer(), paper=form.paper(), by=request.user, at=timezone.now()
        )

    return _carry_out(request, patient, form, note, "crm/consent_paper.html", context)


@page("crm.take_consent")
def withdraw(request: Request, patient_id: UUID, kind_id: UUID) -> HttpResponse:
    patient = taken(request, patient_id)
    shown = standing(patient, kind_id)
    if shown.last is None:
        raise Http404
    form = WithdrawForm(request.POST or None, initial=signing(patient, shown.last.text))
    context = {"patient": patient, "kind": shown.kind, "last": shown.last, "form": form, "next": onward(request)}
    audit.viewed(of=patient, by=request.user, how="viewed_consents")
    return _carry_out(
        request, patient, form, lambda: take_back(request, patient, shown, form), "crm/consent_withdraw.html", context
    )


def sign_shown(request: Request, patient: Patient, text: ConsentText, form: SignForm) -> None:
    evidence = form.evidence(ip=request.ip, user_agent=request.headers.get("User-Agent", ""))
    services.sign_consent(
        patient=patient, text=text, signer=form.signer(), evidence=evidence, by=request.user, at=timezone.now()
    )


def take_back(request: Request, patient: Patient, shown: selectors.Standing, form: WithdrawForm) -> None:
    services.withdraw_consent(
        patient=patient,
        kind=shown.kind,
        signer=form.signer(),
        reason=form.cleaned_data["reason"],
        by=request.user,
        at=timezone.now(),
    )


def tried_to_sign(form: Any, do: Callable[[], object]) -> int:
    """As `tried`; whom a newer text came between has agreed to nothing yet: they have not read it."""

    def sign() -> None:
        try:
            do()
        except services.NewerText:
            form.data = {**form.data.dict(), "agreed": "", "drawing": ""}
            raise

    return tried(form, sign)


def _carry_out(
    request: Request, patient: Patient, form: SignerForm, do: Any, template: str, context: dict[str, Any]
) -> HttpResponse:
    if status := tried_to_sign(form, do):
        return render(request, template, context, status=status)
    messages.success(request, _("Kept."))
    return redirect(context["next"] or f"/patients/{patient.pk}/consents/")


def signing(patient: Patient, text: ConsentText) -> dict[str, Any]:
    """Return what a form starts with: who signs as a rule, and which text is shown."""
    relation = Relation.OWNER if patient.is_animal else Relation.SELF
    return {"signer_name": patient.client.name, "relation": relation, "digest": text.digest}


def standing(patient: Patient, kind_id: UUID) -> selectors.Standing:
    found = next((each for each in selectors.standing_of(patient) if each.kind.pk == kind_id), None)
    if found is None:
        raise Http404
    return found


def taken(request: Request, patient_id: UUID) -> Patient:
    patient = patient_to_sign_for(request, patient_id)
    if not request.user.has_perm("crm.take_consent", patient):
        raise NotAllowed(_("Your role does not allow this for this record."))
    return patient


def onward(request: Request) -> str:
    """Return where to go on, if the address or the form says so: a path of ours."""
    target: Any = request.POST.get("next") or request.GET.get("next", "")
    is_ours = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if is_ours else ""


def _languages(shown: selectors.Standing) -> list[ConsentText]:
    return sorted(ConsentText.objects.current().filter(kind=shown.kind), key=lambda text: text.language)


def _text_of(request: Request, shown: selectors.Standing) -> ConsentText:
    """Return the text in the language that the address asks for."""
    text = selectors.text_to_show(_languages(shown), language=request.GET.get("language", ""))
    if text is None:
        raise Http404
    return text


def _seen(request: Request, patient_id: UUID) -> Patient:
    patient = visible_patient(request, patient_id)
    if not may_see_consents(request, patient):
        raise NotAllowed(_("Your role does not allow this for this record."))
    return patient
