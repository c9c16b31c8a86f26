"""The mails of a demo, read in the browser."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client
from django.urls import include, path

from config import urls_platform
from webui import outbox

# The platform's pages as a demo has them.
urlpatterns = [*urls_platform.urlpatterns, path("outbox/", include(outbox.urlpatterns))]
handler404 = urls_platform.handler404


BACKEND = "django.core.mail.backends.filebased.EmailBackend"


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.OUTBOX_FOLDER = settings.EMAIL_FILE_PATH = str(tmp_path)
    settings.PLATFORM_URLCONF = sys.modules[__name__]
    return tmp_path


@pytest.fixture
def reader(folder: Path, platform_client: Client) -> Client:
    return platform_client


def send(subject: str, to: str = "pia@clinic.example", text: str = "Hello", html: str = "", **files: bytes) -> None:
    mail = EmailMultiAlternatives(subject, text, "Northside <no-reply@atrium.example>", [to])
    if html:
        mail.attach_alternative(html, "text/html")
    for name, content in files.items():
        mail.attach(f"{name}.ics", content, "text/calendar")
    mail.connection = get_connection(BACKEND)
    mail.send()


def listed(reader: Client, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = reader.get(f"/outbox/?format=json{query}").json()
    return found


def test_outside_of_a_demo_there_is_no_outbox(platform_client: Client) -> None:
    assert platform_client.get("/outbox/").status_code == 404
    assert platform_client.get("/outbox/abc/").status_code == 404


def test_an_empty_outbox_says_what_would_fill_it(reader: Client) -> None:
    assert "No mails yet" in reader.get("/outbox/").content.decode()


def test_mails_are_listed_the_newest_first(reader: Client, folder: Path) -> None:
    for number, subject in enumerate(("First", "Second", "Third")):
        send(subject)
        (file,) = folder.glob("2*.log")  # Django names them by the date
        os.utime(file, (number, number))  # within one second the files tell, and a file system's clock may be coarse
        file.rename(folder / f"{subject}.log")

    page = reader.get("/outbox/").content.decode()

    assert [mail["subject"] for mail in listed(reader)] == ["Third", "Second", "First"]
    assert page.index("Third") < page.index("First")


def test_the_list_is_narrowed_by_whom_a_mail_is_for(reader: Client) -> None:
    send("Yours", to="Pia@clinic.example")
    send("Mine", to="cato@other.example")

    assert [mail["subject"] for mail in listed(reader, "&to=pia@")] == ["Yours"]
    assert "No mail to that address" in reader.get("/outbox/?to=nobody").content.decode()


def test_a_mail_can_be_read_and_its_links_followed(reader: Client) -> None:
    send(
        "Hello", text="Pay here: http://localhost:8000/pay/abc/.\nOr not.", html="<p>Pay</p>", visit=b"BEGIN:VCALENDAR"
    )
    (mail,) = listed(reader)

    page = reader.get(f"/outbox/{mail['id']}/").content.decode()

    assert mail["links"] == ["http://localhost:8000/pay/abc/"]
    assert mail["attachments"] == ["visit.ics"]
    assert reader.get(f"/outbox/{mail['id']}/?format=json").json() == mail
    assert '<a href="http://localhost:8000/pay/abc/"' in page
    assert "visit.ics" in page


def test_a_mail_tells_when_it_was_sent_wherever_the_sender_was(reader: Client) -> None:
    send("Hello")

    (mail,) = listed(reader)

    age = datetime.now(UTC) - datetime.fromisoformat(mail["date"])
    assert 0 <= age.total_seconds() < 60


def test_the_html_of_a_mail_runs_nothing_loads_nothing_and_sends_nothing(reader: Client) -> None:
    send("Hello", html="<script>alert(1)</script><form action='/accounts/logout/'>")
    (mail,) = listed(reader)

    answer = reader.get(f"/outbox/{mail['id']}/html/")

    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "<script>" not in reader.get(f"/outbox/{mail['id']}/").content.decode().partition("<main")[2]


def test_an_attachment_is_saved_and_never_shown(reader: Client) -> None:
    send("Hello", visit=b"BEGIN:VCALENDAR")
    (mail,) = listed(reader)

    answer = reader.get(f"/outbox/{mail['id']}/attachments/0/")

    assert (answer.content, answer["Content-Type"]) == (b"BEGIN:VCALENDAR", "text/calendar")
    assert answer["Content-Disposition"] == 'attachment; filename="visit.ics"'


@pytest.mark.parametrize("where", ["html/", "attachments/0/", "attachments/7/"])
def test_what_a_mail_does_not_have_is_not_found(reader: Client, where: str) -> None:
    send("Hello")
    (mail,) = listed(reader)

    assert reader.get(f"/outbox/{mail['id']}/{where}").status_code == 404


def test_no_name_reaches_a_file_elsewhere(reader: Client) -> None:
    assert reader.get("/outbox/..%2f..%2fetc%2fpasswd/").status_code == 404
    assert reader.get("/outbox/0123456789abcdef/").status_code == 404


def test_a_mail_that_is_still_being_written_is_not_shown_yet(reader: Client, folder: Path) -> None:
    send("Whole")
    (file,) = folder.glob("*.log")
    file.write_bytes(file.read_bytes() + b"Subject: Half\n")

    assert [mail["subject"] for mail in listed(reader)] == ["Whole"]
