"""What the pages of documents do, programs do, too; and a request that is sent twice is carried out once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from filestore.storage import own_keys
from filestore.tests.uploads import pdf, picture
from identity.models import User
from modules.crm.models import Document, DocumentVersion, Patient
from modules.crm.tests.test_consents import register
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.doors import Api
from tests.together import all_at_once


@pytest.fixture
def paul(clinic: TenantRef, rita: User, now: datetime) -> Patient:
    with use(clinic):
        return register("Paul", by=rita, at=now)


def test_a_program_uploads_lists_describes_replaces_ends_and_fetches(
    api: Any, rita: User, ana: User, cai: User, paul: Patient, clinic: TenantRef, other: TenantRef, run_jobs: Any
) -> None:
    desk, address = api(rita), f"/api/patients/{paul.pk}/documents/"

    def upload(**told: Any) -> Any:
        fields = {"title": "Letter", "dated": "2020-01-31", "file": SimpleUploadedFile("a.pdf", picture("PNG"))} | told
        return desk.upload(address, fields, key=told.get("key"))

    added = upload(kind="LETTER")
    assert added.status_code == 201, added.content
    document = added.json()
    assert document["versions"][0]["name"] == "a.png"  # by its content
    assert upload(visibility="CLINICIANS").status_code == 422
    assert upload(file=SimpleUploadedFile("a.pdf", b"%PDF-")).json()["code"] == "file-refused"
    assert upload(dated="2999-01-31").json()["code"] == "document-invalid"
    one = f"/api/patients/documents/{document['id']}/"
    first = f"{one}versions/{document['versions'][0]['id']}/link/"
    assert desk.get(first).status_code == 404
    run_jobs(at=timezone.now() + timedelta(minutes=5))
    assert desk.get(one).json()["versions"][0]["scan"] == "UNSCANNED"
    link = desk.get(first).json()
    assert "//clinic." in link["url"]
    assert desk.patch(one, {"title": "Letter of Dr. Ruiz"}).json()["title"] == "Letter of Dr. Ruiz"
    replaced = desk.upload(f"{one}versions/", {"file": SimpleUploadedFile("b.pdf", pdf())})
    assert [each["number"] for each in replaced.json()["versions"]] == [2, 1]
    assert [each["id"] for each in desk.get("/api/patients/documents/", {"search": "paul"}).json()["items"]] == [
        document["id"]
    ]
    for path in (one, first):
        assert api(cai, other).get(path).status_code == 404
    kind = api(ana).post("/api/patients/document-kinds/", {"name": "X-ray"}).json()
    assert upload(kind="OWN", own_kind_id=kind["id"]).json()["kind_name"] == "X-ray"
    assert desk.post(f"{one}end/", {"reason": "twice"}).json()["end_reason"] == "twice"
    assert desk.patch(one, {"title": "x"}).status_code == 409


def test_of_two_uploads_with_one_key_at_once_one_is_kept(own_database: None, settings: Any, tmp_path: Any) -> None:
    settings.FILES_FOLDER, settings.STORAGES = str(tmp_path / "both"), dict(settings.STORAGES)
    clinic = tenant_called("clinic")
    with use_platform():
        rita = User.objects.get(email="rita@clinic.example")
    with use(clinic):
        paul = register("Paul", by=rita, at=datetime.fromisoformat("2031-03-03T10:00:00+00:00"))
    desks = [Api(clinic, rita) for _ in range(3)]
    content = pdf()

    def upload(desk: Api) -> Any:
        fields = {"title": "Letter", "dated": "2020-01-31", "file": SimpleUploadedFile("a.pdf", content)}
        return desk.upload(f"/api/patients/{paul.pk}/documents/", fields, key="one")

    answers = all_at_once([lambda desk=desk: upload(desk) for desk in desks])

    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["id"] for each in answers}) == 1
    with use(clinic):
        assert Document.objects.count() == DocumentVersion.objects.count() == 1
        assert len(list(own_keys())) == 1
