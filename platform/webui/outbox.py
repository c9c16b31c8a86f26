"""The mails of a demo, to be read in the browser instead of being sent.

Mounted where `settings.OUTBOX_FOLDER` is set, which production refuses.
"""

from __future__ import annotations

import email
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default as policy
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from identity.second_step import digits_now
from kernel.doors import open_door
from tenancy.requests import Request

BETWEEN = b"\n" + b"-" * 79 + b"\n"  # Django's filebased backend writes this after each message
LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
NO_TIME = datetime.min.replace(tzinfo=UTC)

# Somebody else's HTML: nothing of it runs, loads or sends, and it counts as a stranger's page.
SEALED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True, slots=True)
class File:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    id: str
    sender: str
    to: str
    subject: str
    date: datetime
    text: str
    html: str
    files: tuple[File, ...]

    @property
    def links(self) -> list[str]:
        return list(dict.fromkeys(LINK.findall(self.text)))

    def plain(self) -> dict[str, Any]:
        """Return the mail as JSON values."""
        return {
            "id": self.id,
            "from": self.sender,
            "to": self.to,
            "subject": self.subject,
            "date": self.date.isoformat(),
            "text": self.text,
            "links": self.links,
            "attachments": [file.name for file in self.files],
        }


@open_door("a demo's mails are nobody's secret")
@never_cache
@require_safe
def outbox(request: Request) -> HttpResponse:
    """List the mails, the newest first: `?to=` an address or a part of one, `?format=json` for programs."""
    to = request.GET.get("to", "").strip()
    mails = [mail for mail in all_mails() if to.lower() in mail.to.lower()]
    if request.GET.get("format") == "json":
        return JsonResponse([mail.plain() for mail in mails], safe=False)
    context = {"mails": mails, "to": to, "operators_digits": _operators_digits()}
    return render(request, "webui/outbox.html", context)


@open_door("the operator of a demo is nobody")
@never_cache
@require_safe
def operators_digits(request: Request) -> HttpResponse:
    """Tell a program what the app of the demo's operator shows now."""
    return JsonResponse({"digits": _operators_digits()})


def _operators_digits() -> str:
    return digits_now(settings.DEMO_OPERATOR_SECRET) if settings.DEMO_OPERATOR_SECRET else ""


@open_door("a demo's mails are nobody's secret")
@never_cache
@require_safe
def message(request: Request, mail_id: str) -> HttpResponse:
    mail = find_mail(mail_id)
    if request.GET.get("format") == "json":
        return JsonResponse(mail.plain())
    return render(request, "webui/outbox_message.html", {"mail": mail})


@open_door("a demo's mails are nobody's secret")
@never_cache
@require_safe
def as_html(request: Request, mail_id: str) -> HttpResponse:
    """Show the mail as a mail program would, sealed off from everything here."""
    mail = find_mail(mail_id)
    if not mail.html:
        raise Http404
    return HttpResponse(mail.html, headers={"Content-Security-Policy": SEALED})


@open_door("a demo's mails are nobody's secret")
@never_cache
@require_safe
def attachment(request: Request, mail_id: str, number: int) -> HttpResponse:
    files = find_mail(mail_id).files
    if number >= len(files):
        raise Http404
    response = HttpResponse(files[number].content, content_type=files[number].media_type)
    name = re.sub(r"[^\w.-]", "_", files[number].name)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = SEALED
    return response


def find_mail(mail_id: str) -> Mail:
    for mail in all_mails():
        if mail.id == mail_id:
            return mail
    raise Http404


def all_mails() -> list[Mail]:
    """Return every mail, the newest first; of two in the same second, the one that was written last."""
    states = [(file, file.stat()) for file in Path(settings.OUTBOX_FOLDER).glob("*.log")]
    states.sort(key=lambda entry: entry[1].st_mtime_ns)
    mails = [mail for file, state in states for mail in _mails_in(file, state.st_mtime_ns, state.st_size)]
    mails.reverse()
    return sorted(mails, key=lambda mail: mail.date, reverse=True)


@lru_cache(maxsize=2000)
def _mails_in(file: Path, changed_at: int, size: int) -> tuple[Mail, ...]:
    """Read one file, again only when it has changed. What follows the last line of dashes is still being written."""
    *complete, _unfinished = file.read_bytes().split(BETWEEN)
    return tuple(_read(raw) for raw in complete)


def _read(raw: bytes) -> Mail:
    parsed = email.message_from_bytes(raw.lstrip(), policy=policy)
    text, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    return Mail(
        id=hashlib.sha256(raw).hexdigest()[:24],
        sender=str(parsed["from"] or ""),
        to=str(parsed["to"] or ""),
        subject=str(parsed["subject"] or ""),
        date=_sent_at(parsed),
        text=str(text.get_content()) if text else "",
        html=str(html.get_content()) if html else "",
        files=tuple(_files(parsed)),
    )


def _sent_at(parsed: EmailMessage) -> datetime:
    date: Any = parsed["date"]
    moment: datetime = (date.datetime if date else None) or NO_TIME
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # "-0000": in UTC, wherever the sender was


def _files(parsed: EmailMessage) -> Iterator[File]:
    for part in parsed.iter_attachments():
        content = part.get_payload(decode=True)
        name = part.get_filename() or "attachment"
        yield File(name, part.get_content_type(), content if isinstance(content, bytes) else b"")


urlpatterns = [
    path("", outbox, name="outbox"),
    path("operators-digits/", operators_digits, name="operators_digits"),
    path("<slug:mail_id>/", message, name="outbox_message"),
    path("<slug:mail_id>/html/", as_html, name="outbox_html"),
    path("<slug:mail_id>/attachments/<int:number>/", attachment, name="outbox_attachment"),
]
