"""Every door of the platform, knocked at with another tenant's ids, cookies, tokens, hosts, keys and links.

What is private at the clinic bears a mark. No answer that anybody from elsewhere gets may hold it, and nothing at the
clinic may change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from identity.models import User
from identity.pages import STATE_COOKIE
from tenancy import TenantRef, use_platform
from tests.addresses import api_operations, openapi_document, page_patterns, patterns_below
from tests.doors import Api, Pages, host_of, session_key
from tests.marked import MARK, Marked, fingerprint, mark

ROLES = ("cai", "cleo", "cora", "cato", "nobody")  # owner, practitioner, receptionist and patient of the other practice
LEADS_AWAY = ("/sign-out/",)  # ends the session that the rest is tried with
FIELD = re.compile(r'<(?:input|select|textarea)[^>]* name="([^"]+)"')


@pytest.fixture
def marked(clinic: TenantRef, ana: User, now: datetime) -> Marked:
    return mark(clinic, by=ana, at=now)


@pytest.fixture
def strangers(request: pytest.FixtureRequest, other: TenantRef) -> dict[str, User | None]:
    people = {name: request.getfixturevalue(name) for name in ROLES if name != "nobody"}
    return people | {"nobody": None}


class Knocks:
    """Sends requests and remembers those whose answers hold what is private, or that broke something."""

    def __init__(self) -> None:
        self.count = 0
        self.wrong: list[str] = []

    def send(self, client: Client, method: str, address: str, body: Any = None, **headers: str) -> Any:
        self.count += 1
        client.raise_request_exception = False
        # From anywhere: too many knocks of one address are answered by 429, which would hide a leak.
        where = {"REMOTE_ADDR": f"10.{self.count >> 16 & 255}.{self.count >> 8 & 255}.{self.count & 255}"}
        if isinstance(body, dict) and method == "POST" and not address.startswith("/api/"):
            answer = client.post(address, body, headers=headers, **where)  # type: ignore[arg-type]
        else:
            content = b"" if body is None else json.dumps(body, default=str).encode()
            answer = client.generic(method, address, content, "application/json", headers=headers, **where)  # type: ignore[arg-type]
        told = f"{answer.headers}".encode() + answer.getvalue()
        if MARK.lower().encode() in told.lower() or answer.status_code >= 500:
            self.wrong.append(f"{method} {address}: {answer.status_code}")
        return answer


@cache
def pages_of_a_tenant() -> list[str]:
    return sorted({pattern for pattern, _ in page_patterns() if pattern not in LEADS_AWAY})


@cache
def pages_of_the_platform() -> list[str]:
    ours = {pattern for pattern, _ in patterns_below(get_resolver(settings.PLATFORM_URLCONF), "/")}
    return sorted(ours - {"/accounts/logout/"})


def bodies_of(marked: Marked) -> Iterator[tuple[str, str, Any]]:
    """Yield (method, path, body) for each operation of the API, with the marked tenant's ids wherever ids belong."""
    document = openapi_document()
    for method, path, _ in api_operations():
        operation = document["paths"][path][method.lower()]
        content = operation.get("requestBody", {}).get("content", {})
        schema = next(iter(content.values()), {}).get("schema")
        query = "&".join(
            f"{each['name']}={_value(each['name'], each.get('schema', {}), document, marked)}"
            for each in operation.get("parameters", [])
            if each["in"] == "query"
        )
        yield method, f"{path}?{query}" if query else path, _value("", schema, document, marked) if schema else None


def _value(name: str, schema: dict[str, Any], document: dict[str, Any], marked: Marked) -> Any:
    """Return something that fits a JSON schema, and the marked tenant's id where one is asked for."""
    if "$ref" in schema:
        return _value(name, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document, marked)
    if options := schema.get("anyOf"):
        return _value(name, options[0], document, marked)
    if schema.get("format") == "uuid" or name.endswith("_id"):
        return marked.id_for(name)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {key: _value(key, each, document, marked) for key, each in schema.get("properties", {}).items()}
        case "array":
            return [_value(name.removesuffix("s"), schema.get("items", {}), document, marked)]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
    return {"date-time": "2031-03-04T10:00:00Z", "date": "2031-03-04"}.get(schema.get("format", ""), "1")


def form_with_their_ids(page: Any, marked: Marked) -> dict[str, str]:
    """Return the fields of the forms on a page, each filled with an id of the marked tenant."""
    names = set(FIELD.findall(page.getvalue().decode(errors="ignore"))) if page.status_code in (200, 422) else set()
    return {name: marked.id_for(name) for name in names - {"csrfmiddlewaretoken", "idempotency_key"}}


def browser_of(person: User | None, tenant: TenantRef) -> Client:
    return Pages(tenant, person).client


@pytest.mark.parametrize("role", ROLES)
def test_no_page_tells_or_changes_anything_by_ids_of_another_tenant(
    marked: Marked, strangers: dict[str, User | None], other: TenantRef, role: str
) -> None:
    before, knocks, browser = fingerprint(marked.tenant), Knocks(), browser_of(strangers[role], other)

    for pattern in pages_of_a_tenant():
        address = marked.address(pattern)
        theirs = f"?q={marked.id_for('patient')}&patient={marked.id_for('patient')}"
        page = knocks.send(browser, "GET", f"{address}{theirs}")
        form = form_with_their_ids(page, marked) if address == pattern else {}
        knocks.send(browser, "POST", address, form or {"patient": marked.id_for("patient")})

    assert knocks.count > 80
    assert knocks.wrong == []
    assert fingerprint(marked.tenant) == before


@pytest.mark.parametrize("role", ROLES)
def test_no_endpoint_tells_or_changes_anything_by_ids_of_another_tenant(
    marked: Marked, strangers: dict[str, User | None], other: TenantRef, role: str
) -> None:
    before, knocks, program = fingerprint(marked.tenant), Knocks(), Api(other, strangers[role]).client

    for method, path, body in bodies_of(marked):
        knocks.send(program, method, marked.address(path), body)

    assert knocks.count > 30
    assert knocks.wrong == []
    assert fingerprint(marked.tenant) == before


def test_cookies_and_tokens_of_another_tenant_are_nobodys(
    marked: Marked, strangers: dict[str, User | None], clinic: TenantRef, other: TenantRef
) -> None:
    """At the clinic's own host, with what somebody got at the other practice's."""
    before, knocks, nobody = fingerprint(clinic), Knocks(), browser_of(None, clinic)
    unknown = {pattern: nobody.get(marked.address(pattern)).status_code for pattern in pages_of_a_tenant()}
    for person in (strangers["cai"], strangers["cato"]):
        browser, program = browser_of(None, clinic), Api(other, person).client
        browser.cookies[settings.SESSION_COOKIE_NAME] = session_key(person, other)
        program.defaults["HTTP_HOST"] = host_of(clinic)
        for pattern in pages_of_a_tenant():
            answer = knocks.send(browser, "GET", marked.address(pattern))
            assert answer.status_code == unknown[pattern], pattern
            knocks.send(browser, "POST", marked.address(pattern), {})
        opened = {
            f"{method} {path}"
            for method, path, view in api_operations()
            if knocks.send(program, method, marked.address(path), {}).status_code != 401
            and not view.permission.startswith("open: ")
        }
        assert opened == set()

    assert knocks.wrong == []
    assert fingerprint(clinic) == before


FORGED = ("X-Forwarded-Host", "X-Host", "X-Original-Host", "Forwarded", "X-Forwarded-Server", "X-Rewrite-Url")


def test_headers_that_claim_another_host_are_not_believed(
    marked: Marked, strangers: dict[str, User | None], clinic: TenantRef, other: TenantRef
) -> None:
    knocks, browser = Knocks(), browser_of(strangers["cai"], other)
    claims = dict.fromkeys(FORGED, host_of(clinic)) | {"Forwarded": f"host={host_of(clinic)}"}

    for pattern in pages_of_a_tenant():
        knocks.send(browser, "GET", marked.address(pattern), **claims)

    assert knocks.wrong == []


def test_another_tenants_idempotency_key_brings_an_answer_of_ones_own(
    rita: User, cora: User, clinic: TenantRef, other: TenantRef
) -> None:
    body = {"first_name": MARK, "client": {"first_name": MARK}}
    theirs = Api(clinic, rita).post("/api/patients/", body, key="the-same")
    ours = Api(other, cora).post("/api/patients/", body | {"species": "Dog"}, key="the-same")

    assert (theirs.status_code, ours.status_code) == (201, 201)
    assert ours.json()["id"] != theirs.json()["id"]
    assert "Idempotent-Replayed" not in ours


def test_links_that_open_something_there_open_nothing_elsewhere(
    marked: Marked, strangers: dict[str, User | None], clinic: TenantRef, other: TenantRef
) -> None:
    assert browser_of(None, clinic).get(marked.links[0]).status_code == 200

    knocks = Knocks()
    for person in strangers.values():
        browser = browser_of(person, other)
        browser.cookies[STATE_COOKIE] = marked.hand_over["state"]
        for link in marked.links:
            assert knocks.send(browser, "GET", link).status_code in (403, 404)

    assert knocks.wrong == []


@pytest.mark.parametrize("role", ["cai", "cato", "nobody"])
def test_the_platforms_own_pages_tell_nothing_of_a_tenant_one_is_not_of(
    marked: Marked, strangers: dict[str, User | None], role: str
) -> None:
    before, knocks, browser = fingerprint(marked.tenant), Knocks(), Client(headers={"host": settings.PLATFORM_HOST})
    if person := strangers[role]:
        browser.cookies[settings.SESSION_COOKIE_NAME] = session_key(person, None)

    for pattern in pages_of_the_platform():
        knocks.send(browser, "GET", f"{marked.address(pattern)}?tenant={marked.tenant.id}")
        knocks.send(browser, "POST", marked.address(pattern), {"tenant": str(marked.tenant.id)})

    assert knocks.wrong == []
    assert fingerprint(marked.tenant) == before


def test_who_is_handed_over_to_a_tenant_they_are_not_of_meets_a_stranger_there(
    marked: Marked, strangers: dict[str, User | None], clinic: TenantRef
) -> None:
    before, knocks = fingerprint(clinic), Knocks()
    for person in (strangers["cai"], strangers["cato"]):  # what they are elsewhere is not asked
        browser = browser_of(person, clinic)
        for pattern in pages_of_a_tenant():
            if "<str:token>" not in pattern:
                knocks.send(browser, "GET", marked.address(pattern))

    assert knocks.wrong == []
    assert fingerprint(clinic) == before


def test_the_mark_is_found_where_it_belongs(marked: Marked, ana: User, clinic: TenantRef) -> None:
    """Otherwise all of this could pass with pages that show nothing to anybody."""
    knocks, browser, program = Knocks(), browser_of(ana, clinic), Api(clinic, ana).client
    for pattern in pages_of_a_tenant():
        knocks.send(browser, "GET", marked.address(pattern))
    for method, path, _ in api_operations():
        if method == "GET":
            knocks.send(program, method, marked.address(path))

    assert len(knocks.wrong) > 12


@pytest.mark.django_db
@hypothesis_settings(
    max_examples=100,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=some.data())
def test_nothing_leaks_by_any_mixture_of_them(
    data: some.DataObject,
    marked: Marked,
    strangers: dict[str, User | None],
    clinic: TenantRef,
    other: TenantRef,
    ana: User,
) -> None:
    """Cookies, tokens, hosts, keys and ids of two tenants in one request, in whatever combination."""
    person = strangers[data.draw(some.sampled_from(ROLES), label="who")]
    at = data.draw(some.sampled_from([clinic, other]), label="whose host")
    browser = Client(headers={"host": data.draw(some.sampled_from(_spellings_of(host_of(at))), label="host")})
    if person and data.draw(some.booleans(), label="with a cookie"):
        browser.cookies[settings.SESSION_COOKIE_NAME] = session_key(person, other)
    headers = {}
    if person and data.draw(some.booleans(), label="with a token"):
        headers["Authorization"] = Api(other, person).client.defaults["HTTP_AUTHORIZATION"]
    for name in data.draw(some.sets(some.sampled_from(FORGED)), label="forged"):
        headers[name] = host_of(clinic)
    if data.draw(some.booleans(), label="with a key"):
        headers["Idempotency-Key"] = str(marked.ids["patient"])
    method = data.draw(some.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"]), label="method")
    routes = [*pages_of_a_tenant(), *(path for _, path, _ in api_operations())]
    address = marked.address(data.draw(some.sampled_from(routes), label="route"))

    knocks = Knocks()
    knocks.send(browser, method, address, {}, **headers)

    assert knocks.wrong == []


def _spellings_of(host: str) -> list[str]:
    return [host, host.upper(), f"{host}.", f"{host}:80"]


def test_an_operator_reads_nothing_of_a_tenant_by_its_pages(marked: Marked, oda: User, clinic: TenantRef) -> None:
    knocks, browser = Knocks(), browser_of(oda, clinic)
    with use_platform():
        assert oda.is_operator

    for pattern in pages_of_a_tenant():
        if "<str:token>" not in pattern:
            knocks.send(browser, "GET", marked.address(pattern))

    assert knocks.wrong == []
