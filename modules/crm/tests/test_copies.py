"""A copy of what is kept about somebody: what they see, in one file, for them only and for seven days."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.utils import timezone

from access.roles import change_right
from audit.models import AuditEntry
from filestore.models import StoredFile
from filestore.storage import store_file
from identity.models import User
from modules.crm.domain.copies import Copied, LeftOut, nested
from modules.crm.models import Client, Document, DocumentVersion, Note, OwnCopy, Patient
from modules.crm.selectors.copies import declared_copies, kinds_for, rows_for, whose_copy
from modules.crm.services import (
    Before,
    ContactDetails,
    Part,
    PatientDetails,
    Written,
    claim_records,
    involve,
    register_patient,
    save_draft,
    save_note,
    sign_note,
    take_into_care,
)
from modules.crm.services.taking import AskedLately, NotForThem, ask_copy, forget_old, make_copy, making, own
from tenancy import TenantRef
from tests.doors import Pages
from tests.erasing.doing import erased
from tests.every_kind import leave_rows
from tests.postman import Mailbox
from tests.test_personal import reaching_people

Work = Callable[[], int]
SECRET, SHARED = "Drinks more than is said.", "Fell from a ladder."


@pytest.fixture
def work(run_jobs: Callable[..., int]) -> Work:
    """Do every job, and what it causes."""
    return lambda: run_jobs(at=timezone.now() + timedelta(minutes=1))


@pytest.fixture
def paul(in_clinic: TenantRef, bo: User, rita: User, pia: User) -> Patient:
    """Whom Bo treats, and whom Pia's account is; with notes and papers that are shared, and some that are not."""
    at = timezone.now()
    contact = ContactDetails(first_name="Paul", email=pia.email, city="York", tax_code="12345")
    patient = register_patient(patient=PatientDetails(first_name="Paul"), contact=contact, by=rita, at=at)
    take_into_care(patient=patient, user_id=bo.pk, reason="x", by=rita, at=at)
    claim_records(user=pia, verified_emails=[pia.email], at=at)
    for text, shared in ((SHARED, True), (SECRET, False)):
        note = save_note(
            patient=patient, appointment_id=None, sections={"subjective": text}, shared=shared, by=bo, at=at
        )
        before = Before(seen=Note.objects.for_display().get(pk=note.pk).seen)
        save_draft(note=note, written=Written(sections={}, shared=shared, pain={"now": 6}), before=before, by=bo, at=at)
        sign_note(note=note, by=bo, at=at)
    for title, visibility in (("Letter", "SHARED"), ("For us", "STAFF"), ("Finding", "CLINICIANS")):
        _file(patient, title, visibility, by=rita, at=at)
    return Patient.objects.select_related("client").get(pk=patient.pk)


def _file(patient: Patient, title: str, visibility: str, *, by: User, at: datetime) -> None:
    told = {"patient": patient, "kind": "LETTER", "title": title, "dated": at.date(), "created_at": at}
    document = Document.objects.create(**told, visibility=visibility, by_id=by.pk, by_name="Rita")
    stored = store_file(name=f"{title}.pdf", content=title.encode(), media_type="application/pdf", kind="documents")
    DocumentVersion.objects.create(
        document=document, number=1, file=stored, name="x", by_id=by.pk, added_at=at, scan_state="CLEAN"
    )


@pytest.fixture
def made(paul: Patient, pia: User, work: Work) -> OwnCopy:
    copy = ask_copy(patient=paul, by=pia, at=timezone.now())
    work()
    return OwnCopy.objects.get(pk=copy.pk)


def archive_of(response: Any) -> zipfile.ZipFile:
    assert response.status_code == 200, response.content
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def status_of(response: Any) -> int:
    """Return how it was answered, once the file has been read to its end."""
    for _ in response.streaming_content if response.streaming else ():
        pass
    return int(response.status_code)


def everything_in(archive: zipfile.ZipFile) -> str:
    return "\n".join(archive.read(name).decode(errors="replace") for name in archive.namelist())


def test_every_model_that_reaches_a_person_is_copied_or_says_why_not() -> None:
    said = [each.model for each in declared_copies()]

    assert reaching_people() - set(said) == set()
    assert len(said) == len(set(said))
    assert all(each.why for each in declared_copies() if isinstance(each, LeftOut))


@pytest.mark.parametrize(
    "kind", [each for each in declared_copies() if isinstance(each, Copied)], ids=lambda each: each.model
)
def test_each_column_of_what_is_copied_has_a_name_or_a_reason(kind: Copied) -> None:
    """A new column is neither in a copy nor left out of it by itself."""
    columns = {field.attname for field in apps.get_model(kind.model)._meta.concrete_fields}

    assert columns - {*kind.names, *kind.without} == set()
    assert {*kind.without} <= columns
    assert not {*kind.names} & {*kind.without}


def test_the_names_of_kinds_are_the_names_of_their_files_and_each_is_one_kinds() -> None:
    names = [each.name for each in declared_copies() if isinstance(each, Copied)]

    assert len(names) == len(set(names))


def test_what_is_copied_is_what_the_account_sees(
    in_clinic: TenantRef, ana: User, bo: User, bea: User, rita: User, pia: User, now: datetime
) -> None:
    """Row by row, for each of the patients of an account: the copy asks no user, and says the same."""
    leave_rows(ana=ana, bo=bo, bea=bea, rita=rita, pia=pia, now=now)
    wrong = []
    for patient in Patient.objects.visible_to(pia).select_related("client"):
        whose = whose_copy(patient, patient.client)
        for kind in kinds_for(whose):
            rows: Any = apps.get_model(kind.model)._default_manager
            if hasattr(rows.all(), "visible_to") and kind.patient != "pk":
                seen = rows.visible_to(pia).filter(**{kind.patient: patient.pk})
                if set(seen) != set(rows_for(kind, whose)):
                    wrong.append((kind.model, patient.name))

    assert wrong == []


def test_the_copy_has_what_was_shared_and_nothing_that_was_not(made: OwnCopy, pages: Any, pia: User) -> None:
    archive = archive_of(pages(pia).get(f"/my/data/{made.pk}/file/"))

    text = everything_in(archive)
    assert SHARED in text
    assert SECRET not in text
    assert "12345" not in text
    files = sorted(name.partition("-")[2] for name in archive.namelist() if name.startswith("files/"))
    assert files == ["Letter.pdf"]
    (note,) = json.loads(archive.read("data/Composition.json"))
    assert (note["resourceType"], note["section"]) == ("Composition", [{"title": "Subjective", "text": SHARED}])
    assert note["bodyChart"]["pain"]["now"] == 6
    (patient,) = json.loads(archive.read("data/Patient.json"))
    assert patient["name"] == [{"given": ["Paul"]}]
    assert json.loads(archive.read("data/RelatedPerson.json"))[0]["address"] == [{"city": "York"}]
    assert "Paul" in archive.read("index.html").decode()


def test_it_is_told_by_mail_and_asked_twice_it_is_the_same(
    paul: Patient, pia: User, work: Work, mailoutbox: Mailbox
) -> None:
    at = timezone.now()
    first, second = (ask_copy(patient=paul, by=pia, at=at) for _ in range(2))
    assert first.pk == second.pk

    work()

    assert [mail.subject.partition(" from ")[0] for mail in mailoutbox if "copy" in mail.subject] == ["Your copy"]
    with pytest.raises(AskedLately):
        ask_copy(patient=paul, by=pia, at=at + timedelta(hours=23))
    assert ask_copy(patient=paul, by=pia, at=at + timedelta(hours=25)).pk != first.pk


def test_after_seven_days_it_is_not_there_and_its_file_is_gone(made: OwnCopy, pages: Any, api: Any, pia: User) -> None:
    assert made.file is not None
    key = made.file.key
    OwnCopy.objects.filter(pk=made.pk).update(expires_at=timezone.now())
    assert api(pia).get(f"/api/patients/{made.patient_id}/copies/{made.pk}/file/").json()["code"] == "file-not-there"

    forget_old(at=timezone.now())

    made.refresh_from_db()
    assert (made.state, made.file_id, default_storage.exists(key)) == ("expired", None, False)
    assert not StoredFile.objects.filter(key=key).exists()
    assert pages(pia).get(f"/my/data/{made.pk}/file/").status_code == 302


@pytest.mark.parametrize(("who", "status"), [("ana", 200), ("bo", 200), ("bea", 404), ("rita", 403), ("pia", 200)])
def test_who_may_open_it(made: OwnCopy, api: Any, request: Any, who: str, status: int) -> None:
    """Whose it is, the owner, and who treats them; the desk has it made and never reads what was noted."""
    path = f"/api/patients/{made.patient_id}/copies/{made.pk}/file/"

    answer = api(request.getfixturevalue(who)).get(path)

    assert status_of(answer) == status


def test_another_account_and_another_tenant_find_nothing(
    made: OwnCopy, paul: Patient, api: Any, pages: Any, pia: User, cai: User, other: TenantRef
) -> None:
    """An account that is nothing to them any more, neither."""
    path = f"/patients/{paul.pk}/copies/{made.pk}/file/"
    assert api(cai, other).get(f"/api{path}").status_code == 404
    Client.objects.filter(pk=paul.client_id).update(user_id=None)

    assert pages(pia).get(f"/my/data/{made.pk}/file/").status_code == 404


def test_what_is_of_the_same_account_for_another_client_stays_theirs(
    paul: Patient, pia: User, rita: User, work: Work
) -> None:
    at = timezone.now()
    details = ContactDetails(first_name="Guardian", email="g@mail.example")
    part = Part(role="guardian", since=at.date())
    involve(patient=paul, client_id=None, contact=details, part=part, by=rita, at=at)
    guardian = Client.objects.get(first_name="Guardian")

    ask_copy(patient=paul, client=guardian, by=rita, at=at)
    work()

    assert [copy.state for copy in OwnCopy.objects.all()] == ["ready"]
    assert not OwnCopy.objects.visible_to(pia).exists()


def test_the_desk_has_one_made_for_somebody_without_an_account(
    in_clinic: TenantRef, pages: Any, rita: User, ana: User, work: Work
) -> None:
    contact = ContactDetails(first_name="Nils", email="nils@mail.example")
    details = PatientDetails(first_name="Nils")
    nils = register_patient(patient=details, contact=contact, by=rita, at=timezone.now())

    answer = pages(rita).post(f"/patients/{nils.pk}/copies/", {"client": str(nils.client_id)})
    work()

    assert answer.status_code == 302
    copy = OwnCopy.objects.get(patient=nils)
    assert (copy.state, copy.asked_by_name) == ("ready", str(rita))
    archive = archive_of(pages(ana).get(f"/patients/{nils.pk}/copies/{copy.pk}/file/"))
    assert "nils@mail.example" in everything_in(archive)
    asked = AuditEntry.objects.filter(action__startswith="crm.owncopy").order_by("at", "id")
    assert [entry.action.rpartition(".")[2] for entry in asked] == ["asked", "made", "fetched"]


def test_nobody_asks_for_a_stranger(paul: Patient, api: Any, pia: User, rita: User) -> None:
    contact = ContactDetails(first_name="Nils")
    details = PatientDetails(first_name="Nils")
    nils = register_patient(patient=details, contact=contact, by=rita, at=timezone.now())

    assert api(pia).post(f"/api/patients/{nils.pk}/copies/", {}).status_code == 404
    with pytest.raises(NotForThem):
        ask_copy(patient=nils, by=pia, at=timezone.now())
    with pytest.raises(NotForThem):
        ask_copy(patient=nils, client=paul.client, by=rita, at=timezone.now())


def test_a_right_that_the_role_of_patients_does_not_have_here_is_not_in_the_copy(
    paul: Patient, ana: User, now: datetime
) -> None:
    change_right(role="patient", permission="crm.view_note", reach=None, reason="x", by=ana, at=now)

    kinds = {each.model for each in kinds_for(whose_copy(paul, paul.client))}

    assert "crm.Note" not in kinds
    assert "crm.Document" in kinds


def test_a_worker_that_dies_in_the_middle_leaves_one_copy_and_no_half(
    paul: Patient, pia: User, work: Work, monkeypatch: pytest.MonkeyPatch, mailoutbox: Mailbox
) -> None:
    copy = ask_copy(patient=paul, by=pia, at=timezone.now())

    def killed(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(making, "_offer", killed)
        with pytest.raises(KeyboardInterrupt):
            make_copy(copy_id=copy.pk, at=timezone.now())
    work()
    make_copy(copy_id=copy.pk, at=timezone.now())

    copy.refresh_from_db()
    assert (copy.state, copy.attempts) == ("ready", 2)
    assert StoredFile.objects.filter(key__contains="/taken/").count() == 1
    assert len([mail for mail in mailoutbox if "copy" in mail.subject]) == 1


def test_what_fails_again_and_again_is_given_up_and_can_be_asked_for_anew(
    paul: Patient, pia: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = timezone.now()
    copy = ask_copy(patient=paul, by=pia, at=at)
    monkeypatch.setattr(own, "write_copy", lambda *_, **__: 1 / 0)
    for _ in range(making.ATTEMPTS - 1):
        with pytest.raises(ZeroDivisionError):
            make_copy(copy_id=copy.pk, at=at)
    make_copy(copy_id=copy.pk, at=at)

    copy.refresh_from_db()
    assert (copy.state, copy.problem) == ("failed", "ZeroDivisionError")
    assert ask_copy(patient=paul, by=pia, at=at).pk != copy.pk


def test_the_portal_page_asks_shows_and_refuses_in_a_sentence(paul: Patient, pages: Any, pia: User, work: Work) -> None:
    browser: Pages = pages(pia)
    assert "Ask for a copy" in browser.get("/my/data/").content.decode()

    browser.post(f"/my/data/{paul.pk}/copy/", {})
    work()

    assert "Download the copy" in browser.get("/my/data/").content.decode()
    browser.post(f"/my/data/{paul.pk}/copy/", {})
    assert "The next one can be asked for tomorrow." in browser.get("/my/data/").content.decode()


def test_names_with_dots_nest_and_numbers_make_lists() -> None:
    said = [("name.0.given.0", "Ana"), ("name.0.family", ""), ("subject.reference:Patient", 7), ("plan", None)]

    assert nested(said) == {"name": [{"given": ["Ana"]}], "subject": {"reference": "Patient/7"}}


def test_erasing_somebody_removes_their_copies_with_the_files(
    in_clinic: TenantRef, ana: User, rita: User, work: Work
) -> None:
    at = timezone.now()
    contact, details = ContactDetails(first_name="Nils"), PatientDetails(first_name="Nils")
    nils = register_patient(patient=details, contact=contact, by=rita, at=at)
    ask_copy(patient=nils, by=rita, at=at)
    work()
    copy = OwnCopy.objects.select_related("file").get(patient=nils)
    assert copy.file is not None

    erased(nils, by=ana, at=at)

    assert not OwnCopy.objects.filter(pk=copy.pk).exists()
    assert not default_storage.exists(copy.file.key)
    assert not StoredFile.objects.filter(pk=copy.file.pk).exists()
