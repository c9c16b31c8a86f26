"""Who may open which door. The table is the agreement; the doors are tried one by one."""

from __future__ import annotations

from typing import Any

import pytest

from access.presets import all_grants
from identity.models import User
from tests.addresses import api_operations, page_patterns

NOBODY = "01900000-0000-7000-8000-000000000000"
ROLES = {"owner": "ana", "practitioner": "bo", "receptionist": "rita", "patient": "pia"}


def roles_with(permission: str) -> set[str]:
    return {grant.role for grant in all_grants() if grant.permission == permission}


def guarded_operations() -> list[tuple[str, str, str]]:
    return [
        (method, path, view.permission)
        for method, path, view in api_operations()
        if not view.permission.startswith(("open: ", "signed in: "))
    ]


def concrete(path: str) -> str:
    for part in path.split("/"):
        if part.startswith("{"):
            path = path.replace(part, NOBODY)
    return path


def knock(door: Any, method: str, path: str) -> int:
    return int(door.client.generic(method, concrete(path), b"{}", content_type="application/json").status_code)


@pytest.fixture
def people(ana: User, bo: User, rita: User, pia: User) -> dict[str, User]:
    return {"owner": ana, "practitioner": bo, "receptionist": rita, "patient": pia}


def test_each_role_opens_exactly_the_endpoints_it_may(api: Any, people: dict[str, User]) -> None:
    """403 where the role has no such permission; anything else (200, 404, 422) means that the door opened."""
    doors = {role: api(user) for role, user in people.items()}
    wrong = [
        f"{role} {method} {path} ({permission}): {status}"
        for method, path, permission in guarded_operations()
        for role, door in doors.items()
        for status in [knock(door, method, path)]
        if (status == 403) == (role in roles_with(permission)) or status == 401
    ]
    assert wrong == []


def test_without_signing_in_no_guarded_endpoint_opens(api: Any) -> None:
    answers = {f"{m} {p}": knock(api(None), m, p) for m, p, _ in guarded_operations()}

    assert {door for door, status in answers.items() if status != 401} == set()


def test_a_token_of_another_tenant_opens_nothing(api: Any, cai: User, other: Any, clinic: Any) -> None:
    elsewhere = api(cai, other)
    elsewhere.client.defaults["HTTP_HOST"] = api(None).client.defaults["HTTP_HOST"]

    answers = {f"{m} {p}": knock(elsewhere, m, p) for m, p, _ in guarded_operations()}

    assert {door for door, status in answers.items() if status != 401} == set()


def guarded_pages() -> list[tuple[str, str]]:
    return [
        (path, view.permission)
        for path, view in page_patterns()
        if not view.permission.startswith(("open: ", "signed in: "))
    ]


def page_address(path: str) -> str:
    parts = [NOBODY if part.startswith("<") else part for part in path.split("/")]
    return "/".join(parts)


def roles_at_page(permission: str) -> set[str]:
    """Patients see their own rows on the portal, never on the pages of the desk."""
    where = permission if permission == "access.use_portal" else "access.use_workspace"
    return roles_with(permission) & roles_with(where)


def test_each_role_opens_exactly_the_pages_it_may(pages: Any, people: dict[str, User]) -> None:
    browsers = {role: pages(user) for role, user in people.items()}
    wrong = [
        f"{role} {path} ({permission}): {status}"
        for path, permission in guarded_pages()
        for role, browser in browsers.items()
        for status in [browser.get(page_address(path)).status_code]
        if (status == 403) == (role in roles_at_page(permission)) or status >= 500
    ]
    assert wrong == []


def test_without_signing_in_every_guarded_page_leads_to_the_sign_in(pages: Any) -> None:
    stranger = pages(None)
    for path, _ in guarded_pages():
        answer = stranger.get(page_address(path))
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in/")


def test_a_session_of_another_tenant_is_no_session_here(pages: Any, cai: User, other: Any) -> None:
    elsewhere = pages(cai, other)
    elsewhere.client.defaults["HTTP_HOST"] = pages(None).client.defaults["HTTP_HOST"]
    for path, _ in guarded_pages():
        assert elsewhere.get(page_address(path)).status_code == 302


# The agreement, in full. A new permission or a change of a role shows up here, in review.
AGREED = {
    "access.manage_members": "owner admin",
    "access.manage_roles": "owner",
    "access.use_portal": "patient",
    "access.use_workspace": "owner admin practitioner receptionist support",
    "access.view_roles": "owner admin",
    "audit.view": "owner admin",
    "billing.ask_for_payment": "owner admin receptionist patient",
    "billing.bank": "owner admin",
    "billing.credit_invoice": "owner admin receptionist",
    "billing.manage": "owner admin",
    "billing.refund": "owner admin receptionist",
    "billing.sell_package": "owner admin receptionist",
    "billing.set_discount_limits": "owner",
    "billing.take_payment": "owner admin receptionist",
    "billing.till": "owner admin receptionist",
    "billing.view_document": "owner admin receptionist patient support",
    "billing.view_invoice": "owner admin practitioner receptionist patient support",
    "billing.view_ledger": "owner admin",
    "billing.view_package": "owner admin practitioner receptionist patient support",
    "billing.view_payment": "owner admin receptionist patient support",
    "billing.write_invoice": "owner admin receptionist",
    "billing.write_off": "owner admin",
    "crm.change_alert": "owner practitioner",
    "crm.change_flag": "owner admin practitioner receptionist",
    "crm.manage_code_lists": "owner admin",
    "crm.manage_regions": "owner admin",
    "crm.manage_measures": "owner admin",
    "crm.manage_flag_kinds": "owner admin",
    "crm.view_clinical_flag": "owner practitioner",
    "crm.view_episode": "owner practitioner",
    "crm.manage_episode": "owner practitioner",
    "crm.manage_consents": "owner admin",
    "crm.take_consent": "owner admin practitioner receptionist patient",
    "crm.view_consent": "owner admin practitioner receptionist patient",
    "crm.manage_forms": "owner admin",
    "crm.view_form": "owner admin practitioner receptionist patient",
    "crm.ask_form": "owner admin practitioner receptionist",
    "crm.read_answers": "owner admin practitioner receptionist patient",
    "crm.read_clinical_answers": "owner practitioner patient",
    "crm.review_form": "owner admin practitioner receptionist",
    "crm.manage_note_setup": "owner admin",
    "crm.view_document": "owner admin practitioner receptionist patient",
    "crm.view_clinical_document": "owner practitioner",
    "crm.add_document": "owner admin practitioner receptionist patient",
    "crm.change_document": "owner admin practitioner receptionist",
    "crm.manage_document_kinds": "owner admin",
    "crm.manage_care": "owner admin practitioner receptionist",
    "crm.open_in_emergency": "owner practitioner",
    "crm.view_access": "owner admin practitioner",
    "crm.change_patient": "owner admin practitioner receptionist support",
    "crm.share_search": "owner admin receptionist",
    "crm.register_patient": "owner admin practitioner receptionist support",
    "crm.erase_people": "owner",
    "crm.merge_patients": "owner admin receptionist",
    "crm.import_people": "owner admin",
    "crm.export_people": "owner admin",
    "crm.sign_note": "owner practitioner",
    "crm.view_alert": "owner admin practitioner receptionist",
    "crm.view_involvement": "owner admin practitioner receptionist",
    "crm.view_identity": "owner admin receptionist",
    "crm.change_identity": "owner admin receptionist",
    "crm.view_coverage": "owner admin practitioner receptionist",
    "crm.change_coverage": "owner admin receptionist",
    "crm.view_note": "owner practitioner patient support_with_notes",
    "crm.view_measure": "owner practitioner",
    "crm.write_measure": "owner practitioner",
    "crm.view_plan": "owner practitioner patient",
    "crm.view_patient": "owner admin practitioner receptionist patient support",
    "crm.write_note": "owner practitioner",
    "crm.write_plan": "owner practitioner",
    "crm.ask_copy": "owner admin practitioner receptionist patient",
    "crm.view_copy": "owner practitioner patient",
    "crm.export_statistics": "owner",
    "crm.view_correction": "owner admin practitioner receptionist patient",
    "crm.view_clinical_correction": "owner practitioner patient",
    "crm.answer_correction": "owner admin practitioner receptionist",
    "crm.manage_exercises": "owner practitioner",
    "inventory.change_stock": "owner admin receptionist",
    "inventory.manage_items": "owner admin",
    "inventory.take_stock": "owner admin practitioner receptionist support",
    "inventory.view_items": "owner admin practitioner receptionist support",
    "scheduling.block_time": "owner admin practitioner receptionist support",
    "scheduling.book": "owner admin practitioner receptionist patient support",
    "scheduling.connect_calendar": "owner admin practitioner",
    "scheduling.change_appointment": "owner admin practitioner receptionist patient support",
    "scheduling.view_findings": "owner practitioner",
    "scheduling.note_findings": "owner practitioner",
    "scheduling.manage": "owner admin support",
    "scheduling.manage_groups": "owner admin practitioner receptionist support",
    "scheduling.manage_series": "owner admin practitioner receptionist support",
    "scheduling.override": "owner admin practitioner receptionist",
    "scheduling.view_waiting": "owner admin practitioner receptionist patient",
    "scheduling.join_waiting": "owner admin practitioner receptionist patient",
    "scheduling.offer_time": "owner admin receptionist",
    "scheduling.run_visit": "owner admin practitioner receptionist support",
    "scheduling.share_calendar": "owner admin practitioner patient",
    "scheduling.view_appointment": "owner admin practitioner receptionist patient support",
    "scheduling.view_rooms": "owner admin practitioner receptionist support",
    "scheduling.view_services": "owner admin practitioner receptionist patient support",
    "tenants.manage_address": "owner",
    "tenants.delete_workspace": "owner",
    "tenants.export_data": "owner",
    "tenants.manage_security": "owner",
    "tenants.manage_support": "owner",
    "tenants.manage_workspace": "owner admin",
}


def test_roles_may_what_was_agreed() -> None:
    actual: dict[str, set[str]] = {}
    for grant in all_grants():
        actual.setdefault(grant.permission, set()).add(grant.role)
    assert actual == {permission: set(roles.split()) for permission, roles in AGREED.items()}
