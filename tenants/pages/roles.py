"""What each role may do, how far, and why; and an owner's word that it is otherwise here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access import roles
from access.models import Role, RoleChange
from access.presets import Reach, comes_in_degrees, words_of
from access.roles import Right
from identity.proofs import recently_proved
from kernel.errors import DomainError
from kernel.modules import enabled_modules, installed_modules
from tenancy.requests import Request
from tenants.forms import BackToPresetForm, RightForm, role_choices
from webui.doors import page
from webui.refusals import add_refusal

REACHES = {
    Reach.ALL.value: gettext_lazy("All"),
    Reach.CARE.value: gettext_lazy("In their care"),
    Reach.SELF.value: gettext_lazy("Their own"),
    RoleChange.NONE: gettext_lazy("No"),
    RoleChange.PRESET: gettext_lazy("As in the preset"),
}
YES = gettext_lazy("Yes")


@page("access.view_roles")
@require_GET
def overview(request: Request) -> HttpResponse:
    role = _role(request.GET.get("role", Role.PRACTITIONER))
    context = {
        "role": role,
        "roles": role_choices(Role),
        "groups": list(_groups(role)),
        "may_change": request.user.has_perm("access.manage_roles"),
        "history": [_told(change) for change in roles.history_of(role=role)[:20]],
    }
    return render(request, "tenants/roles/roles.html", context)


@page("access.manage_roles")
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def right(request: Request) -> HttpResponse:
    """Change one right of one role; both are named in the address."""
    found = _find(request.GET)
    form = RightForm(request.POST or None, initial={"reach": _word(found.reach)}, choices=_choices(found))
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            roles.change_right(
                role=found.role,
                permission=found.permission,
                reach=form.chosen(),
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            messages.success(request, _("Saved. It holds from the next page they open."))
            return redirect(_address(found.role))
    return _show(request, found, form, BackToPresetForm(prefix="back"), status=status)


@page("access.manage_roles")
@recently_proved
@require_POST
def back(request: Request) -> HttpResponse:
    """Let the preset hold again."""
    found = _find(request.GET)
    form = BackToPresetForm(request.POST, prefix="back")
    status = 422
    if form.is_valid():
        try:
            roles.return_to_preset(
                role=found.role,
                permission=found.permission,
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            add_refusal(form, error)
            status = error.status
        else:
            messages.success(request, _("The preset holds again, from the next page they open."))
            return redirect(_address(found.role))
    unbound = RightForm(initial={"reach": _word(found.reach)}, choices=_choices(found))
    return _show(request, found, unbound, form, status=status)


def _show(request: Request, found: Right, form: Any, back_form: Any, *, status: int) -> HttpResponse:
    context = {
        "right": found,
        "words": words_of(found.permission),
        "reach": _shown(found.permission, _word(found.reach)),
        "preset_reach": _shown(found.permission, _word(found.preset.reach if found.preset else None)),
        "role_name": _role_name(found.role),
        "form": form,
        "back_form": back_form,
        "history": [_told(change) for change in roles.history_of(role=found.role, permission=found.permission)],
    }
    return render(request, "tenants/roles/right.html", context, status=status)


def _groups(role: str) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Yield the rights of a role, the workspace's own first, then by module. Modules switched off are left out."""
    by_label: dict[str, list[dict[str, Any]]] = {}
    modules = {module.label for module in installed_modules()}
    for right in roles.rights_of(role, roles.changes_in_force()):
        label = right.permission.partition(".")[0]
        by_label.setdefault(label if label in modules else "", []).append(_line(right))
    titles = {"": _("Workspace"), **{module.label: module.verbose_name for module in enabled_modules()}}
    for label, title in titles.items():
        if label in by_label:
            yield title, by_label[label]


def _line(right: Right) -> dict[str, Any]:
    return {
        "permission": right.permission,
        "words": words_of(right.permission),
        "has_it": right.reach is not None,
        "reach": _shown(right.permission, _word(right.reach)),
        "why": right.why or (right.limit if right.is_fixed else ""),
        "change": right.change,
        "is_fixed": right.is_fixed,
    }


def _told(change: RoleChange) -> dict[str, Any]:
    return {"words": words_of(change.permission), "reach": _shown(change.permission, change.reach), "change": change}


def _choices(right: Right) -> list[tuple[str, Any]]:
    return [(_word(reach), _shown(right.permission, _word(reach))) for reach in right.choices]


def _shown(permission: str, reach: str) -> Any:
    """Say how far; of what one can or cannot do, and nothing between, only whether."""
    return YES if reach == Reach.ALL and not comes_in_degrees(permission) else REACHES[reach]


def _find(query: QueryDict) -> Right:
    return roles.find_right(role=query.get("role", ""), permission=query.get("permission", ""))


def _role(name: str) -> str:
    if name not in Role.values:
        raise Http404
    return name


def _role_name(role: str) -> str:
    ((_value, name),) = role_choices([Role(role)])
    return name


def _word(reach: Reach | None) -> str:
    return reach.value if reach else RoleChange.NONE


def _address(role: str) -> str:
    return f"{reverse('tenants:roles')}?role={role}"
