"""Links that are good for a minute, for one file, at one tenant: a bucket's own and ours refuse all others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import boto3
import httpx
import pytest
import time_machine
from botocore.exceptions import ClientError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from filestore.links import GOOD_FOR, address_of
from filestore.models import StoredFile
from filestore.serving import part_of
from filestore.storage import read_file, store_file
from filestore.tests.conftest import KEYS
from filestore.tests.signed_s3 import AsksForSignatures
from tenancy import TenantRef, use
from tests.doors import host_of

BUCKET = "signed-files"


@pytest.fixture(scope="module")
def guarded() -> Iterator[tuple[AsksForSignatures, str]]:
    app = AsksForSignatures(
        DomainDispatcherApplication(create_backend_app),
        key=KEYS["AWS_ACCESS_KEY_ID"],
        secret=KEYS["AWS_SECRET_ACCESS_KEY"],
        region=KEYS["AWS_DEFAULT_REGION"],
    )
    running = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    thread = Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield app, f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()


@pytest.fixture
def at_s3(guarded: tuple[AsksForSignatures, str], settings: Any, monkeypatch: Any) -> AsksForSignatures:
    """The site keeps its files there."""
    app, address = guarded
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    settings.AWS_STORAGE_BUCKET_NAME, settings.AWS_S3_ENDPOINT_URL = BUCKET, address
    settings.STORAGES = dict(settings.STORAGES)
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket=BUCKET)
    monkeypatch.setattr(app, "now", lambda: datetime.now(UTC))
    return app


def stored(content: bytes = b"%PDF secret") -> StoredFile:
    return store_file(name="letter.pdf", content=content, media_type="application/pdf", kind="documents")


def changed(address: str, name: str, value: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | {name: value})))


def test_a_bucket_hands_a_file_out_by_its_link_and_by_no_other(
    at_s3: AsksForSignatures, in_clinic: TenantRef, monkeypatch: Any
) -> None:
    """The server works each signature out anew: see signed_s3.py."""
    file, another = stored(), stored(b"%PDF another")
    address = address_of(file)

    fetched = httpx.get(address)
    assert (fetched.status_code, fetched.content) == (200, b"%PDF secret")
    assert fetched.headers["Content-Disposition"] == 'attachment; filename="letter.pdf"'
    assert fetched.headers["Content-Type"] == "application/pdf"
    part = httpx.get(address, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"%PDF")

    signature = dict(parse_qsl(urlsplit(address).query))["X-Amz-Signature"]
    tampered = [
        address.replace(file.key, another.key),
        changed(address, "X-Amz-Expires", "600000"),
        changed(address, "response-content-type", "text/html"),
        changed(address, "X-Amz-Signature", signature[::-1]),
        changed(address, "X-Amz-Credential", "somebody/20310303/us-east-1/s3/aws4_request"),
        address.partition("?")[0],
    ]
    assert [httpx.get(each).status_code for each in tampered] == [403] * 6
    assert httpx.put(address, content=b"other").status_code == 403

    monkeypatch.setattr(at_s3, "now", lambda: datetime.now(UTC) + timedelta(seconds=GOOD_FOR + 5))
    assert httpx.get(address).status_code == 403


def test_a_bucket_refuses_a_site_with_the_wrong_secret(
    at_s3: AsksForSignatures, in_clinic: TenantRef, settings: Any, monkeypatch: Any
) -> None:
    assert read_file(stored()) == b"%PDF secret"

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "guessed")
    settings.STORAGES = dict(settings.STORAGES)

    with pytest.raises(ClientError, match="403"):
        stored()


def test_our_own_link_leads_to_one_file_for_a_minute_at_one_tenant(clinic: TenantRef, other: TenantRef) -> None:
    with use(clinic):
        file = stored()
        address = address_of(file)
        another = address_of(stored(b"%PDF another"))
    here, elsewhere = (Client(headers={"host": host_of(each)}) for each in (clinic, other))
    signed = address.strip("/").rpartition("/")[2]
    file_id, stamp, signature = signed.split(":")

    fetched = here.get(address)
    assert b"".join(fetched) == b"%PDF secret"
    assert fetched["Content-Disposition"] == 'attachment; filename="letter.pdf"'
    assert fetched["X-Content-Type-Options"] == "nosniff"
    assert fetched["Content-Security-Policy"].startswith("sandbox;")
    assert fetched["Cache-Control"] == "private, no-store"
    tampered = [
        f"/files/{another.strip('/').rpartition('/')[2].split(':')[0]}:{stamp}:{signature}/",
        f"/files/{file_id}:zzzzzz:{signature}/",
        f"/files/{file_id}:{stamp}:{signature[::-1]}/",
        f"/files/{file_id}/",
        "/files/x/",
    ]
    assert [here.get(each).status_code for each in tampered] == [403] * 5
    assert elsewhere.get(address).status_code == 403
    assert here.post(address).status_code == 405
    with time_machine.travel(time.time() + GOOD_FOR + 2):
        assert here.get(address).status_code == 403


def test_a_part_of_a_file_is_sent_where_a_part_is_asked_for(clinic: TenantRef) -> None:
    with use(clinic):
        address = address_of(stored(b"0123456789"))
    here = Client(headers={"host": host_of(clinic)})

    part = here.get(address, headers={"range": "bytes=2-4"})
    none = here.get(address, headers={"range": "bytes=50-"})

    assert (part.status_code, b"".join(part), part["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert (none.status_code, none["Content-Range"]) == (416, "bytes */10")


@given(
    size=st.integers(0, 100),
    wanted=st.one_of(
        st.text(max_size=20),
        st.builds("bytes={}-{}".format, *[st.one_of(st.just(""), st.integers(0, 120))] * 2),
    ),
)
def test_a_part_always_lies_within_the_file(size: int, wanted: str) -> None:
    part = part_of(wanted, size=size)

    if part is not None:
        first, after = part
        assert 0 <= first <= after <= size
        assert first < after or (first, after) == (0, size)
