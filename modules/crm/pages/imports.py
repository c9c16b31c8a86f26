"""Take people over from a file: send it, say what its columns are, look what would become of it, import it, undo it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import recording as audit
from kernel.errors import NotAllowed
from modules.crm.domain.subjects import subject_of
from modules.crm.forms.imports import DecisionForm, EncodingForm, MappingForm, RuleForm, UploadForm
from modules.crm.models import ImportState, Outcome, Patient, PeopleImport, Rule
from modules.crm.selectors import imports as selectors
from modules.crm.services import imports
from modules.crm.services.imports.mapping import samples_of
from modules.crm.services.imports.reading import sentence_of
from tenancy.requests import Request
from webui.doors import action, page
from webui.refusals import tried

PER_PAGE = 50
SHOWN = 50
PROBLEMS = {
    "not-allowed": gettext_lazy("Whoever asked for it may not do that any more. Nothing was changed."),
    "changed-meanwhile": gettext_lazy("Somebody changed the same records just then. Nothing was imported: try again."),
    "failed": gettext_lazy(
        "This went wrong on our side. Nothing was changed. Try again, and tell us if it happens twice."
    ),
}


@page("crm.import_people")
def files(request: Request) -> HttpResponse:
    """All that were sent, the latest first, and a place to send one more."""
    form = UploadForm(request.POST or None, request.FILES or None)
    begun: list[PeopleImport] = []
    status = tried(form, lambda: begun.append(_started(request, form)))
    if not status:
        return redirect("crm:import", import_id=begun[0].pk)
    latest = PeopleImport.objects.exclude(state=ImportState.DISCARDED).order_by("-created_at")[:SHOWN]
    return render(request, "crm/imports/files.html", {"form": form, "imports": latest}, status=status)


@page("crm.import_people")
def one(request: Request, import_id: UUID) -> HttpResponse:
    """An import at whatever step it is."""
    imported = _found(import_id)
    if imported.state == ImportState.MAPPING:
        return _mapping_page(request, imported)
    template = "crm/imports/import.html" + ("#step" if request.htmx and not request.htmx.boosted else "")
    return render(request, template, _context(request, imported))


@page("crm.import_people")
def columns(request: Request, import_id: UUID) -> HttpResponse:
    """Say what the columns are; or say it anew, as long as nothing is imported."""
    imported = _found(import_id)
    if imported.state not in (ImportState.MAPPING, ImportState.CHECKED):
        return redirect("crm:import", import_id=imported.pk)
    form = _mapping_form(request, imported)
    status = tried(
        form,
        lambda: imports.choose_columns(imported=imported, mapping=form.mapping(), by=request.user, at=timezone.now()),
    )
    if not status:
        return redirect("crm:import", import_id=imported.pk)
    return _mapping_page(request, imported, form=form, status=status)


@action("crm.import_people")
def read_again(request: Request, import_id: UUID) -> HttpResponse:
    imported, form = _found(import_id), EncodingForm(request.POST)
    status = tried(
        form,
        lambda: imports.read_again(imported=imported, encoding=form.cleaned_data["encoding"], by=request.user),
    )
    return _mapping_page(request, imported, status=status) if status == 422 else _back(imported)


@action("crm.import_people")
def rule(request: Request, import_id: UUID) -> HttpResponse:
    imported, form = _found(import_id), RuleForm(request.POST)
    status = tried(form, lambda: imports.set_rule(imported=imported, rule=form.cleaned_data["rule"]))
    if status == 422:
        return render(request, "crm/imports/import.html", _context(request, imported, rule_form=form), status=422)
    return _back(imported)


@action("crm.import_people")
def decide(request: Request, import_id: UUID, row_id: UUID) -> HttpResponse:
    """Decide about one row. A refusal is said above the page: there is nothing to type again."""
    imported, form = _found(import_id), DecisionForm(request.POST)
    status = tried(
        form, lambda: imports.decide_row(imported=imported, row_id=row_id, decision=form.cleaned_data["decision"])
    )
    if status:
        messages.error(request, " ".join(str(sentence) for each in form.errors.values() for sentence in each))
    shown = request.POST.get("show", "")
    onward = f"?show={shown}" if shown in Outcome.values else ""
    response = _back(imported)
    response["Location"] += onward
    return response


@action("crm.import_people")
def run(request: Request, import_id: UUID) -> HttpResponse:
    imported = _found(import_id)
    imports.begin_import(imported=imported, by=request.user)
    return _back(imported)


@action("crm.import_people")
def undo(request: Request, import_id: UUID) -> HttpResponse:
    imported = _found(import_id)
    imports.begin_undoing(imported=imported, by=request.user, at=timezone.now())
    return _back(imported)


@action("crm.import_people")
def discard(request: Request, import_id: UUID) -> HttpResponse:
    imports.discard_import(imported=_found(import_id), by=request.user)
    messages.success(request, _("Thrown away. Nothing of it was imported."))
    return redirect("crm:imports")


@page("crm.import_people")
def errors(request: Request, import_id: UUID) -> HttpResponse:
    """The rows with mistakes, for whoever sent the file: there may be more in it than a colleague may see."""
    imported = _found(import_id)
    if imported.by_id != request.user.pk:
        raise NotAllowed(_("Whoever sent the file can take its rows back."))
    audit.record(action="crm.peopleimport.errors_taken", of=imported, by=request.user)
    name = f"not-imported-{imported.created_at:%Y-%m-%d}.csv"
    content = selectors.errors_as_csv(imported)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _started(request: Request, form: UploadForm) -> PeopleImport:
    file = form.cleaned_data["file"]
    return imports.start_import(name=file.name or "", content=file.read(), by=request.user, at=timezone.now())


def _found(import_id: UUID) -> PeopleImport:
    return get_object_or_404(PeopleImport.objects.select_related("file"), pk=import_id)


def _back(imported: PeopleImport) -> HttpResponse:
    return redirect("crm:import", import_id=imported.pk)


def _mapping_form(request: Request, imported: PeopleImport) -> MappingForm:
    return MappingForm(
        request.POST if request.method == "POST" else None,
        imported=imported,
        labels=imports.labels_for(subject_of(request.tenant.vertical), of=request.user),
        samples=samples_of(imported),
        start=imports.suggested(imported, by=request.user),
    )


def _mapping_page(
    request: Request, imported: PeopleImport, *, form: MappingForm | None = None, status: int = 200
) -> HttpResponse:
    form = form or _mapping_form(request, imported)
    context = {
        "imported": imported,
        "form": form,
        "earlier": imports.earlier_import_of(imported),
        "encoding_form": EncodingForm(initial={"encoding": imported.encoding}) if _is_text(imported) else None,
        "problem": PROBLEMS.get(imported.problem, ""),
    }
    return render(request, "crm/imports/columns.html", context, status=status)


def _is_text(imported: PeopleImport) -> bool:
    return bool(imported.encoding) and imported.file is not None


def _context(request: Request, imported: PeopleImport, *, rule_form: RuleForm | None = None) -> dict[str, Any]:
    shown = request.GET.get("show", "")
    kept = shown == "kept"
    outcome = shown if shown in Outcome.values else ""
    rows = selectors.rows_of(imported, outcome=outcome, kept=kept)
    if not outcome and not kept:
        rows = rows.none()
    listed = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    seen = selectors.rows_shown(imported, list(listed), seen_by=request.user)
    audit.listed(what=Patient, subjects=[each.known.pk for each in seen if each.known], by=request.user)
    return {
        "imported": imported,
        "progress": imports.check_progress(imported) if imported.is_under_way else None,
        "tiles": [(each.value, each.label, imported.counts.get(each.value, 0)) for each in Outcome],
        "shown": shown,
        "rows": seen,
        "listed": listed,
        "rules": Rule.choices,
        "rule_form": rule_form or RuleForm(initial={"rule": imported.rule}),
        "problem": "" if imported.state == ImportState.UNREADABLE else PROBLEMS.get(imported.problem, ""),
        "unreadable": sentence_of(imported.problem) if imported.state == ImportState.UNREADABLE else "",
        "is_own": imported.by_id == request.user.pk,
        "may_undo": imported.state == ImportState.DONE and imported.rows_until > timezone.now(),
        "is_any": any(imported.counts.get(name) for name in ("new", "known", "twice")),
    }
