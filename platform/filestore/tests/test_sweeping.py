"""Storage and database agree again after a process died between the two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from filestore.models import StoredFile
from filestore.storage import discard, new_key, own_keys, store_file, writing
from filestore.sweeping import sweep
from tenancy import TenantRef, use


def leave_orphan(kind: str = "documents") -> str:
    """Leave what a process leaves that is killed after the file and before the row."""
    key = new_key(kind)
    with writing(key) as out:
        out.write(b"orphan")
    return key


def test_files_that_no_row_knows_are_removed_once_nobody_can_be_busy_with_them(
    clinic: TenantRef, other: TenantRef, caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime.now(UTC)
    with use(other):
        elsewhere = leave_orphan()
    with use(clinic):
        known = store_file(name="a.pdf", content=b"%PDF", media_type="application/pdf", kind="documents")
        orphan, of_others = leave_orphan(), leave_orphan("exports")

        assert sweep(kinds=("documents",), at=now) == (0, 0)
        assert sweep(kinds=("documents",), at=now + timedelta(days=2)) == (1, 0)

        assert set(own_keys()) == {known.key, of_others}
        assert orphan not in set(own_keys())
        discard(known.key)
        assert sweep(kinds=("documents",), at=now) == (0, 1)
        assert "1 stored files are in the database and not in the storage" in caplog.text
        assert StoredFile.objects.get().key == known.key
    with use(other):
        assert elsewhere in set(own_keys())
