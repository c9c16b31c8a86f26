"""Documents: who sees them, what is found in them, and that nothing of them gets lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import AuditEntry
from filestore.scanning import ScannerFailed
from filestore.storage import own_keys, read_file
from filestore.tests.test_scanning import clamd, daemon
from filestore.tests.uploads import infected_pdf, pdf, picture
from identity.models import User
from modules.crm.models import Document, DocumentVersion, Paper, Patient, ScanState, Visibility
from modules.crm.services import (
    DocumentDetails,
    DocumentEnded,
    DocumentInvalid,
    NotYoursToFile,
    Upload,
    add_document,
    add_document_kind,
    claim_records,
    describe_document,
    draw_preview,
    end_document,
    end_document_kind,
    replace_document,
    scan_version,
    sweep_documents,
    take_into_care,
)
from modules.crm.tests.test_consents import register
from tenancy import TenantRef, use
from tests.cast import tenant_called

File = Callable[..., Document]


@pytest.fixture(autouse=True)
def own_folder(settings: Any) -> None:
    """Have Django make its storage anew, in the folder of this test."""
    settings.STORAGES = dict(settings.STORAGES)


@pytest.fixture
def work(run_jobs: Any) -> Callable[[], int]:
    """Do what the workers do in the next minutes: also what a job asks for."""
    return lambda: run_jobs(at=timezone.now() + timedelta(minutes=5))


@pytest.fixture
def paul(clinic: TenantRef, rita: User, bo: User, now: datetime) -> Patient:
    """Somebody whom Bo treats, and Bea does not."""
    with use(clinic):
        patient = register("Paul", by=rita, at=now)
        take_into_care(patient=patient, user_id=bo.pk, reason="first visit", by=rita, at=now)
        return patient


@pytest.fixture
def file(clinic: TenantRef, paul: Patient, rita: User, now: datetime) -> File:
    """`file()` has Rita file a PDF about Paul, unless told otherwise."""

    def file_one(content: bytes = b"", *, by: User = rita, patient: Patient = paul, **details: Any) -> Document:
        told = DocumentDetails(**{"title": "Letter", "dated": now.date()} | details)
        patient = Patient.objects.select_related("client").get(pk=patient.pk)
        upload = Upload(name="scan 1.pdf", content=content or pdf())
        return add_document(patient=patient, details=told, upload=upload, by=by, at=now)

    return file_one


def door(document: Document, part: str = "file", *, at: str = "/documents") -> str:
    """Return where the latest version of a document, or its preview, is asked for."""
    with use(tenant_called("clinic")):
        version = DocumentVersion.objects.filter(document=document).latest("number")
    return f"{at}/{document.pk}/{version.pk}/{part}/"


def link(document: Document) -> str:
    return door(document, "link", at="/api/patients/documents").replace(f"{document.pk}/", f"{document.pk}/versions/")


def scanned(document: Document, at: datetime) -> ScanState:
    return scan_version(version_id=document.latest.pk, at=at)


def test_a_file_can_be_opened_once_it_was_looked_into_and_not_before(
    file: File, pages: Any, rita: User, clinic: TenantRef, settings: Any, work: Any
) -> None:
    settings.SCANNER = "test-string-only"
    with use(clinic):
        document = file()
    address, preview = door(document), door(document, "preview")

    assert [pages(rita).get(each).status_code for each in (address, preview)] == [404, 404]
    assert "being checked" in pages(rita).get(f"/documents/{document.pk}/").content.decode()
    work()

    sent = pages(rita).get(address)
    assert sent.status_code == 302
    assert b"".join(pages(rita).get(sent.url)).startswith(b"%PDF-")
    assert pages(rita).get(preview)["Content-Type"] == "image/jpeg"
    with use(clinic):
        version = DocumentVersion.objects.get()
        assert (version.scan_state, version.scanner) == (ScanState.CLEAN, "test string only")
        assert AuditEntry.objects.filter(action="crm.document.opened", user_id=rita.pk).count() == 1


def test_an_infected_file_is_opened_by_nobody_and_its_sender_and_the_owners_are_told(
    file: File,
    pages: Any,
    api: Any,
    ana: User,
    rita: User,
    clinic: TenantRef,
    settings: Any,
    work: Any,
    mailoutbox: Any,
) -> None:
    settings.SCANNER = "test-string-only"
    with use(clinic):
        document = file(infected_pdf())
    work()

    for user in (ana, rita):
        for part in ("file", "preview"):
            assert pages(user).get(door(document, part)).status_code == 404
        assert api(user).get(link(document)).status_code == 404
        assert "A virus was found" in pages(user).get(f"/documents/{document.pk}/").content.decode()
    assert {mail.to[0] for mail in mailoutbox} == {ana.email, rita.email}
    assert all("Eicar-Test-Signature" in mail.body and "Paul" not in mail.body for mail in mailoutbox)
    with use(clinic):
        assert sweep_documents(at=document.created_at).removed == 0
        assert scanned(document, document.created_at) is ScanState.INFECTED


def test_a_scanner_that_is_away_is_waited_for(
    file: File, clinic: TenantRef, settings: Any, now: datetime, work: Any
) -> None:
    settings.SCANNER = "clamd://127.0.0.1:1"
    with use(clinic):
        document = file()
        with pytest.raises(ScannerFailed):
            scanned(document, now)
        assert DocumentVersion.objects.get().scan_state == ScanState.WAITING
    work()
    with use(clinic), daemon(clamd) as (host, port):
        settings.SCANNER = f"clamd://{host}:{port}"
        assert scanned(document, now) is ScanState.CLEAN


def test_where_nobody_scans_it_says_so_until_somebody_does(
    file: File, clinic: TenantRef, settings: Any, now: datetime, work: Any
) -> None:
    with use(clinic):
        clean, infected = file(), file(infected_pdf())
    work()
    with use(clinic):
        assert [each.scan_state for each in DocumentVersion.objects.all()] == [ScanState.UNSCANNED] * 2
        assert all(version.can_be_opened and not version.scanned_at for version in DocumentVersion.objects.all())

    settings.SCANNER = "test-string-only"
    with use(clinic):
        sweep_documents(at=now)
    work()

    with use(clinic):
        states = dict(DocumentVersion.objects.values_list("document_id", "scan_state"))
        assert states == {clean.pk: ScanState.CLEAN, infected.pk: ScanState.INFECTED}


def test_who_sees_a_document_is_as_its_visibility_and_their_role_say(
    file: File, clinic: TenantRef, ana: User, bo: User, bea: User, rita: User, pia: User, paul: Patient, now: datetime
) -> None:
    with use(clinic):
        claim_records(user=pia, verified_emails=["paul@mail.example"], at=now)
        kept = {each: file(by=bo, visibility=each) for each in Visibility}
        ended = end_document(document=file(visibility=Visibility.SHARED), reason="twice", by=rita, at=now)

        def seen(user: User) -> set[str]:
            rows = Document.objects.visible_to(user).current()
            return {each.visibility for each in rows}

        assert seen(bo) == {"CLINICIANS", "STAFF", "SHARED"}
        assert seen(ana) == seen(rita) == {"STAFF", "SHARED"}
        assert seen(bea) == set()
        assert seen(pia) == {"SHARED"}
        assert ended not in Document.objects.visible_to(pia)
        with pytest.raises(DocumentInvalid):
            file(by=rita, visibility=Visibility.CLINICIANS)
        with pytest.raises(NotYoursToFile):
            end_document(document=kept[Visibility.CLINICIANS], reason="not theirs", by=rita, at=now)
        with pytest.raises(NotYoursToFile):
            file(by=bea)


def test_the_portal_sends_files_and_shows_what_was_shared_and_nothing_else(
    file: File,
    pages: Any,
    api: Any,
    bo: User,
    pia: User,
    rita: User,
    paul: Patient,
    clinic: TenantRef,
    now: datetime,
    work: Any,
) -> None:
    with use(clinic):
        claim_records(user=pia, verified_emails=["paul@mail.example"], at=now)
        hidden = [file(by=bo, title=f"MARK-{each}", visibility=each) for each in ("CLINICIANS", "STAFF")]
    home, address = pages(pia), f"/my/documents/{paul.pk}/new/"
    fields = {"title": "My knee", "kind": "IMAGE", "dated": "2020-01-31"}

    missing = home.post(address, fields)
    wrong = home.post(address, fields | {"file": SimpleUploadedFile("letter.pdf", b"MZ\x90")})
    sent = home.post(address, fields | {"photo": SimpleUploadedFile("photo.jpg", picture())})

    assert (missing.status_code, wrong.status_code, sent.url) == (422, 422, "/my/documents/")
    assert "My knee" in wrong.content.decode()
    assert "neither a PDF nor a picture" in wrong.content.decode()
    with use(clinic):
        document = Document.objects.get(from_portal=True)
        assert (document.visibility, document.by_id) == (Visibility.SHARED, pia.pk)
    work()
    shown = home.get("/my/documents/").content.decode()
    assert "My knee" in shown
    assert "MARK-" not in shown
    assert home.get(door(document, at="/my/documents")).status_code == 302
    for each in hidden:
        assert home.get(door(each, at="/my/documents")).status_code == 404
        assert home.get(door(each, "preview", at="/my/documents")).status_code == 404
        assert api(pia).get(f"/api/patients/documents/{each.pk}/").status_code == 404
    listed = api(pia).get(f"/api/patients/{paul.pk}/documents/").json()["items"]
    assert [each["title"] for each in listed] == ["My knee"]
    assert "sent by the patient" in pages(rita).get(f"/patients/{paul.pk}/documents/").content.decode()


def test_replacing_keeps_every_version_and_ending_keeps_everything(
    file: File, clinic: TenantRef, rita: User, now: datetime, settings: Any
) -> None:
    settings.SCANNER = "test-string-only"
    with use(clinic):
        document = file()
        scanned(document, now)
        newer = Upload(name="better.png", content=picture("PNG"))
        replace_document(document=document, upload=newer, by=rita, at=now)

        again = Document.objects.with_versions().get()
        assert [(each.number, each.file.media_type, each.scan_state) for each in again.versions.all()] == [
            (2, "image/png", ScanState.WAITING),
            (1, "application/pdf", ScanState.CLEAN),
        ]
        assert read_file(again.versions.all()[1].file).startswith(b"%PDF-")
        with pytest.raises(DocumentInvalid):
            end_document(document=again, reason="  ", by=rita, at=now)
        ended = end_document(document=again, reason="filed twice", by=rita, at=now)
        assert end_document(document=again, reason="once more", by=rita, at=now) == ended
        assert (ended.end_reason, ended.ended_by_name) == ("filed twice", str(rita))
        with pytest.raises(DocumentEnded):
            replace_document(document=ended, upload=newer, by=rita, at=now)
        with pytest.raises(DocumentEnded):
            describe_document(document=ended, details=DocumentDetails(title="x", dated=now.date()), by=rita, at=now)
        assert len(list(own_keys())) == 2


def test_a_workspaces_own_types_are_offered_until_they_are_ended(
    file: File, clinic: TenantRef, ana: User, rita: User, now: datetime
) -> None:
    with use(clinic):
        kind = add_document_kind(name=" X-ray ", by=ana)
        with pytest.raises(DocumentInvalid):
            add_document_kind(name="x-RAY", by=ana)
        document = file(kind=Paper.OWN, own_kind_id=kind.pk)
        end_document_kind(kind=kind, by=ana, at=now)

        for wrong in ({"kind": Paper.OWN}, {"own_kind_id": kind.pk}, {"kind": Paper.OWN, "own_kind_id": kind.pk}):
            with pytest.raises(DocumentInvalid):
                file(**wrong)
        details = DocumentDetails(title="Left", dated=now.date(), kind=Paper.OWN, own_kind_id=kind.pk)
        changed = describe_document(document=document, details=details, by=rita, at=now)
        assert (changed.title, changed.kind_label) == ("Left", "X-ray")
        with pytest.raises(IntegrityError), transaction.atomic():
            Document.objects.filter(pk=document.pk).update(kind=Paper.LETTER)


def test_the_log_says_that_a_document_is_there_and_not_what_it_is_called(
    file: File, clinic: TenantRef, bo: User
) -> None:
    with use(clinic):
        document = file(by=bo, title="MARK-TITLE", visibility=Visibility.CLINICIANS)
        upload = Upload(name="MARK-NAME.pdf", content=pdf())
        replace_document(document=document, upload=upload, by=bo, at=document.created_at)
        told = str(list(AuditEntry.objects.filter(object_type="crm.document").values()))
        assert "crm.document.added" in told
        assert "MARK-" not in told


def test_a_file_whose_transaction_was_rolled_back_leaves_no_row_and_is_swept_up(
    file: File, clinic: TenantRef, now: datetime
) -> None:
    class Killed(BaseException):
        pass

    def killed() -> None:
        with transaction.atomic():
            file()
            raise Killed

    with use(clinic):
        with pytest.raises(Killed):
            killed()
        assert not Document.objects.exists()
        (orphan,) = own_keys()
        kept = file()

        assert sweep_documents(at=now + timedelta(days=365 * 10)).removed == 1

        assert list(own_keys()) == [kept.latest.file.key]
        assert orphan != kept.latest.file.key


def test_a_preview_is_made_once_and_only_of_what_can_be_opened(file: File, clinic: TenantRef, now: datetime) -> None:
    with use(clinic):
        document = file(picture())
        draw_preview(version_id=document.latest.pk)
        assert DocumentVersion.objects.get().preview is None

        scanned(document, now)
        for _twice in range(2):
            draw_preview(version_id=document.latest.pk)

        assert len(list(own_keys())) == 2
