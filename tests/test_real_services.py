"""The site in processes of its own, told by its environment to use a mail server and a bucket, as production is."""

from __future__ import annotations

import email
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from email.message import EmailMessage
from email.policy import default as policy
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from icalendar import Calendar
from moto.server import ThreadedMotoServer

from infra.local.site import Site, free_port
from tests.database import database_copy, redis_number
from tests.password import PASSWORD

PATIENCE = 20  # seconds
REDIS = 14
BUCKET = "files-of-the-site"  # moto keeps one world per process: another name than that of filestore's tests
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


class Letterbox:
    """Takes every mail and keeps it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(email.message_from_bytes(content, policy=policy))
        return "250 OK"


@pytest.fixture(scope="module")
def letterbox() -> Iterator[tuple[Letterbox, str]]:
    box = Letterbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port(0))
    server.start()
    yield box, f"smtp://127.0.0.1:{server.port}"
    server.stop()


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    s3(address).create_bucket(Bucket=BUCKET)
    yield address
    server.stop()


def s3(address: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        region_name=KEYS["AWS_DEFAULT_REGION"],
    )


@pytest.fixture(scope="module")
def site(
    worker_id: str, tmp_path_factory: Any, letterbox: tuple[Letterbox, str], bucket: str, django_db_setup: None
) -> Iterator[Site]:
    with database_copy(f"services_{worker_id}") as addresses:
        services = {"EMAIL_URL": letterbox[1], "AWS_STORAGE_BUCKET_NAME": BUCKET, "AWS_S3_ENDPOINT_URL": bucket}
        running = Site(
            folder=tmp_path_factory.mktemp("services"),
            port=free_port(0),
            database_url="",
            redis_url="",
            pg_dump=Path(os.environ["PG_DUMP"]),
            extra={**addresses, "REDIS_URL": redis_number(REDIS), **services, **KEYS},
        )
        running.start()
        yield running
        running.stop()


@pytest.fixture(scope="module")
def desk(site: Site) -> Iterator[httpx.Client]:
    """Rita's program at the clinic."""
    headers = {"host": f"clinic.localhost:{site.port}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{site.port}", headers=headers, timeout=PATIENCE) as client:
        answer = client.post("/api/token/", json={"username": "rita@clinic.example", "password": PASSWORD})
        client.headers["authorization"] = f"Bearer {answer.json()['access']}"
        yield client


def eventually(look: Callable[[], Any]) -> Any:
    """Return what `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come")


def post(desk: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    answer = desk.post(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def booked(desk: httpx.Client, *, who: str, at: datetime) -> Any:
    patient = post(desk, "/api/patients/", {"first_name": who, "email": f"{who.lower()}@mail.example"})
    service = next(s for s in desk.get("/api/scheduling/services/").json()["items"] if s["name"] == "Follow-up")
    wish = {"service_id": service["id"], "patient_id": patient["id"], "start_time": at.isoformat()}
    return post(desk, "/api/scheduling/appointments/", wish)


def test_the_worker_sends_a_confirmation_with_its_calendar_file_by_smtp(
    desk: httpx.Client, letterbox: tuple[Letterbox, str], soon: datetime
) -> None:
    visit = booked(desk, who="Paul", at=soon)

    mail = eventually(lambda: next((m for m in letterbox[0].mails if m["to"] == "paul@mail.example"), None))

    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("visit.ics", "text/calendar")
    (event,) = Calendar.from_ical(attached.get_payload(decode=True)).walk("VEVENT")
    assert event.decoded("dtstart") == datetime.fromisoformat(visit["start_time"])
    assert mail.get_body(("plain",)) is not None
    assert mail.get_body(("html",)) is not None
    assert mail["message-id"].endswith("@localhost>")


def test_an_issued_invoice_lies_in_the_bucket_and_is_read_from_there(
    desk: httpx.Client, bucket: str, soon: datetime
) -> None:
    visit = booked(desk, who="Quin", at=soon.replace(hour=14))
    invoice = post(desk, "/api/billing/invoices/", {"appointment_id": visit["id"]})
    post(desk, f"/api/billing/invoices/{invoice['id']}/issue/", {})

    (kept,) = eventually(lambda: s3(bucket).list_objects_v2(Bucket=BUCKET).get("Contents"))
    address = f"/api/billing/invoices/{invoice['id']}/pdf/"
    document = eventually(lambda: answer if (answer := desk.get(address)).status_code == 200 else None)

    assert "/invoices/" in kept["Key"]
    assert document.content == s3(bucket).get_object(Bucket=BUCKET, Key=kept["Key"])["Body"].read()
    assert document.content.startswith(b"%PDF")
