"""What came as a file, of somebody or with somebody in it, goes when they do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage

from filestore.models import StoredFile
from filestore.tests.uploads import pdf
from identity.models import User
from modules.crm.models import DocumentVersion, Erasure, ImportedRow, Patient
from modules.crm.services import DocumentDetails, Upload, add_document
from modules.crm.services.erasing import carry_out
from modules.crm.tests.imported import imported_from, undone
from tenancy import TenantRef
from tests.erasing.doing import DAY, YEAR, erased


def test_in_a_file_somebody_came_with_nobody_reads_them_any_more(
    in_clinic: TenantRef, ana: User, now: datetime
) -> None:
    file = "First name;Last name;Born;Phone\nQuirina;Zwickel;6.5.1971;07700 900555\nPaul;Alt;1.2.1960;\n"
    file += "Quirina;Zwickel;6.5.1971;07700 900555\nQuirina;Zwickel;31/02/1971;\n"
    imported = imported_from(file, by=ana, at=now)
    assert imported.counts == {"new": 2, "twice": 1, "error": 1, "created": 2, "skipped": 1}

    erased(Patient.objects.get(last_name="Zwickel"), by=ana, at=now + DAY)

    (left,) = ImportedRow.objects.filter(imported=imported)
    assert "Alt" in left.cells
    assert undone(imported, by=ana, at=now + DAY).counts["removed"] == 1  # whoever else came with it


def test_the_file_that_somebody_sent_goes_from_the_storage_with_the_last_of_its_terms(
    quirina: Patient, ana: User, rita: User, now: datetime, run_jobs: Any
) -> None:
    upload = Upload(name="letter.pdf", content=pdf())
    details = DocumentDetails(title="Letter of the hospital", dated=now.date())
    document = add_document(patient=quirina, details=details, upload=upload, by=rita, at=now)
    run_jobs()
    version = DocumentVersion.objects.select_related("file", "preview").get(document=document)
    keys = [each.key for each in (version.file, version.preview) if each]
    assert keys
    assert all(map(default_storage.exists, keys))

    erased(quirina, by=ana, at=now + DAY)
    erasure = Erasure.objects.get()
    assert all(map(default_storage.exists, keys))  # the law has it kept
    carry_out(erasure_id=erasure.pk, at=now + 12 * YEAR)

    assert [key for key in keys if default_storage.exists(key)] == []
    assert not StoredFile.objects.filter(key__in=keys).exists()
    assert not DocumentVersion.objects.filter(document=document).exists()
