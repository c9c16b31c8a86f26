"""An operator tries to read a clinical note by every door that there is, and does not get a word of it."""

from __future__ import annotations

from typing import Any

from django.test import Client

from identity.models import User
from modules.crm.models import Note, Patient
from modules.scheduling.models import Service
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef, use
from tenants.console.tests.conftest import SECRET
from tests.marked import Marked, ids_here
from tests.test_leaks import bodies_of, pages_of_a_tenant, pages_of_the_platform

SEARCHES = ("/patients/?q={}", "/api/patients/?search={}", "/settings/activity/?q={}", "/api/audit/entries/?q={}")


def found(clinic: TenantRef, noted: Patient) -> Marked:
    with use(clinic):
        ids = ids_here() | {"patient": noted.pk, "note": Note.objects.get().pk}
    return Marked(clinic, ids)


def first_page(address: str) -> str:
    return address.partition("?")[0]


class Reader:
    """Opens doors, and remembers those behind which a word of the note was to be read."""

    def __init__(self, browser: Client) -> None:
        self.browser, self.opened, self.told = browser, 0, list[str]()

    def try_door(self, method: str, address: str, body: Any = None) -> None:
        self.browser.raise_request_exception = False
        answer = self.browser.generic(method, address, b"", "application/json") if body is None else self.browser.post(
            address, body, content_type="application/json"
        )  # fmt: skip
        self.opened += answer.status_code == 200
        if SECRET.encode() in answer.getvalue():
            self.told.append(f"{method} {address}")

    def search(self, address: str) -> None:
        """What is searched for stands in the answer; whose note it is in must not."""
        answer = self.browser.get(address)
        if b"Zebulon" in answer.getvalue():
            self.told.append(f"GET {address}")


def test_neither_page_nor_api_nor_pdf_nor_search_nor_export_nor_history_tells_it(
    ask: Any, go_in: Any, answer: Any, noted: Patient, clinic: TenantRef, console: Client, ana: User, now: Any
) -> None:
    with use(clinic):
        wish = Wish(service_id=Service.objects.get(name="Follow-up").pk, patient_id=noted.pk, starts_at=now)
        book_appointment(wish=wish, by=ana, at=now)
    marked = found(clinic, noted)
    session = ask(writes="on", notes="on")
    answer(session, approve="yes", writes="on")  # to change things, and not to read notes
    inside, outside = Reader(go_in(session)), Reader(console)

    for pattern in pages_of_a_tenant():
        if not pattern.startswith("/support/"):  # the way in and out
            inside.try_door("GET", marked.address(pattern))
    for method, path, body in bodies_of(marked):
        if method in ("GET", "POST"):
            inside.try_door(method, marked.address(path), body)
        if method == "GET":
            inside.try_door(method, first_page(marked.address(path)))
    for search in SEARCHES:
        inside.search(search.format("ladder"))
    for pattern in pages_of_the_platform():
        outside.try_door("GET", marked.address(pattern))

    assert (inside.told, outside.told) == ([], [])
    assert (inside.opened > 20, outside.opened > 5) == (True, True)


def test_the_same_doors_tell_it_to_who_was_allowed_to_read(
    ask: Any, go_in: Any, answer: Any, noted: Patient, clinic: TenantRef
) -> None:
    marked = found(clinic, noted)
    session = ask(notes="on")
    answer(session, approve="yes", notes="on")
    inside = Reader(go_in(session))

    for pattern in pages_of_a_tenant():
        if pattern.startswith("/patients/"):
            inside.try_door("GET", marked.address(pattern))
    for method, path, _ in bodies_of(marked):
        if method == "GET" and path.startswith("/api/patients/"):
            inside.try_door("GET", first_page(marked.address(path)))

    assert len(inside.told) >= 2
