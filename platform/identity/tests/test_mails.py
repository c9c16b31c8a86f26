"""Mails about accounts: written with the request, sent by the worker, sealed in between and kept no longer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from access import services as access
from identity import mails
from identity.models import AccountMail
from identity.tasks import deliver
from jobs.models import OutboxMessage
from privacy.sealing import SealBroken
from tenancy import TenantRef, everywhere, use
from tests.across_hosts import Browser, links_in

RITA = "rita@clinic.example"
LOST = "http://localhost:8000/accounts/password/reset/"


@pytest.fixture
def server_is_down(monkeypatch: Any) -> Any:
    """The mail server refuses every connection. Call it to have it back."""

    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)
    return monkeypatch.undo


@pytest.fixture
def visitor(db: None) -> Browser:
    return Browser()


def due_at_once() -> None:
    OutboxMessage.objects.filter(actor=deliver.actor_name).update(attempts=0, available_at=timezone.now())


def test_the_page_answers_before_the_mail_is_sent(visitor: Browser) -> None:
    visitor.send({"email": RITA}, to=LOST)

    assert visitor.path == "/accounts/password/reset/done/"
    assert mail.outbox == []
    assert OutboxMessage.objects.get(actor=deliver.actor_name).room == ""


def test_what_waits_shows_neither_address_nor_link(visitor: Browser) -> None:
    visitor.send({"email": RITA}, to=LOST)

    (waiting,) = AccountMail.objects.all()
    job = OutboxMessage.objects.get(actor=deliver.actor_name)
    assert job.arguments == {"mail_id": str(waiting.pk)}
    for word in ("rita", "clinic", "http", "password"):
        assert word not in waiting.sealed.lower()


def test_a_mail_is_sent_once_and_nothing_of_it_is_kept(visitor: Browser, run_jobs: Any) -> None:
    visitor.send({"email": RITA}, to=LOST)
    job = OutboxMessage.objects.get(actor=deliver.actor_name)

    run_jobs()
    deliver.run_durably(job.pk, job.arguments)
    mails.deliver_mail(job.arguments["mail_id"])

    (sent,) = mail.outbox
    assert (sent.to, sent.subject, sent.from_email) == (
        [RITA],
        "Choose a new password",
        "Atrium <no-reply@atrium.example>",
    )
    assert [media_type for _content, media_type in sent.alternatives] == ["text/html"]
    assert not AccountMail.objects.exists()


def test_a_mail_server_that_is_down_fails_no_request_and_loses_no_mail(
    visitor: Browser, run_jobs: Any, server_is_down: Any
) -> None:
    visitor.send({"email": RITA}, to=LOST)
    assert visitor.answer.status_code == 200
    run_jobs()
    job = OutboxMessage.objects.get(actor=deliver.actor_name)
    assert (job.attempts, job.dead_at, job.done_at) == (1, None, None)
    assert RITA not in job.error
    assert AccountMail.objects.count() == 1

    server_is_down()
    due_at_once()
    run_jobs()

    (sent,) = mail.outbox
    assert sent.extra_headers["Message-ID"] == f"<{job.arguments['mail_id']}@localhost>"
    assert visitor.open(links_in(sent)[0]).status_code == 200
    assert 'name="password1"' in visitor.text


def test_an_invitation_outlives_a_mail_server_that_is_down_too(
    clinic: TenantRef, ana: Any, run_jobs: Any, server_is_down: Any
) -> None:
    with use(clinic):
        access.invite_member(email="ivy@new.example", name="Ivy", role="receptionist", by=ana, at=timezone.now())
    run_jobs()

    server_is_down()
    for into in everywhere():  # a tenant's jobs may be kept in a database of their own
        with into():
            OutboxMessage.objects.filter(done_at=None).update(attempts=0, available_at=timezone.now())
    run_jobs()

    assert [each.to for each in mail.outbox] == [["ivy@new.example"]]


def test_a_sealed_mail_opens_in_its_own_row_only(visitor: Browser) -> None:
    visitor.send({"email": RITA}, to=LOST)
    visitor.send({"email": "bo@clinic.example"}, to=LOST)
    first, second = AccountMail.objects.order_by("pk")

    AccountMail.objects.filter(pk=first.pk).update(sealed=second.sealed)

    with pytest.raises(SealBroken):
        mails.deliver_mail(first.pk)


def test_mails_that_wait_survive_a_new_key_of_the_deployment(visitor: Browser, settings: Any, run_jobs: Any) -> None:
    visitor.send({"email": RITA}, to=LOST)

    settings.SEALING_KEYS = {"new": b"n" * 32} | settings.SEALING_KEYS
    run_jobs()

    assert [each.to for each in mail.outbox] == [[RITA]]


def test_what_could_not_be_sent_in_days_is_forgotten(visitor: Browser) -> None:
    visitor.send({"email": RITA}, to=LOST)

    mails.forget_old_mails(at=timezone.now() + timedelta(days=2))
    assert AccountMail.objects.count() == 1
    mails.forget_old_mails(at=timezone.now() + timedelta(days=4))

    assert AccountMail.objects.count() == 0
