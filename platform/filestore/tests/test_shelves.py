"""A folder and a bucket promise the same: a file is there whole or not at all, and what is cleared leaves nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.exceptions import SuspiciousFileOperation
from mypy_boto3_s3 import S3Client

from filestore import shelves
from filestore.shelves import UNFINISHED, Bucket, Folder, Shelf
from filestore.storage import discard, erase_files, link_to, new_key, own_keys, writing
from filestore.tests.conftest import BUCKET
from tenancy import TenantRef, use


@pytest.fixture(params=["folder", "bucket"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setattr(shelves, "PART", 5 * 1024 * 1024)
    if request.param == "folder":
        return Folder(str(tmp_path))
    request.getfixturevalue("bucket")
    return Bucket(BUCKET, request.getfixturevalue("server"))


def read(shelf: Shelf, key: str) -> bytes:
    with shelf.storage.open(key) as file:
        return bytes(file.read())


def test_what_is_written_bit_by_bit_is_there_at_the_end_and_not_before(shelf: Shelf) -> None:
    with shelf.writing("t/1/x") as out:
        for _ in range(6):
            out.write(b"%" * 1024 * 1024)
        assert not shelf.storage.exists("t/1/x")

    assert read(shelf, "t/1/x") == b"%" * 6 * 1024 * 1024


def test_an_empty_file_is_a_file(shelf: Shelf) -> None:
    with shelf.writing("t/1/x"):
        pass

    assert read(shelf, "t/1/x") == b""


def test_what_was_broken_off_leaves_nothing(shelf: Shelf) -> None:
    def broken_off() -> None:
        with shelf.writing("t/1/x") as out:
            out.write(b"%" * 6 * 1024 * 1024)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert list(shelf.keys("t/1/")) == []
    assert unfinished(shelf) == 0


def unfinished(shelf: Shelf) -> int:
    """Count what a process that died left behind."""
    if isinstance(shelf, Folder):
        return len(list(Path(shelf.storage.location).rglob("*.part")))
    return len(list(shelf.storage.bucket.multipart_uploads.all()))  # type: ignore[attr-defined]


def leave_half(shelf: Shelf, key: str) -> None:
    """Leave what a process leaves that is killed while it writes."""
    if isinstance(shelf, Folder):
        path = Path(shelf.storage.path(key + UNFINISHED))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%")
    else:
        shelf.storage.bucket.Object(key).initiate_multipart_upload()  # type: ignore[attr-defined]


def test_half_a_file_of_somebody_who_died_is_discarded(shelf: Shelf) -> None:
    leave_half(shelf, "t/1/x")
    assert (list(shelf.keys("t/1/")), unfinished(shelf)) == ([], 1)

    shelf.discard("t/1/x")
    shelf.discard("t/1/x")

    assert unfinished(shelf) == 0


def test_clearing_removes_everything_below_a_prefix_and_nothing_beside_it(shelf: Shelf) -> None:
    for key in ("t/1/a/x", "t/1/b", "t/12/c"):
        with shelf.writing(key) as out:
            out.write(key.encode())
    leave_half(shelf, "t/1/half")

    assert (shelf.clear("t/1/"), shelf.clear("t/1/")) == (2, 0)

    assert list(shelf.keys("t/")) == ["t/12/c"]
    assert unfinished(shelf) == 0


def test_a_bucket_that_keeps_versions_keeps_none_of_what_is_cleared(bucket: S3Client, server: str) -> None:
    bucket.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    shelf = Bucket(BUCKET, server)
    for content in (b"1", b"2"):
        bucket.put_object(Bucket=BUCKET, Key="t/1/x", Body=content)
    shelf.discard("t/1/x")
    assert len(bucket.list_object_versions(Bucket=BUCKET)["Versions"]) == 2

    shelf.clear("t/1/")

    kept = bucket.list_object_versions(Bucket=BUCKET)
    assert (kept.get("Versions", []), kept.get("DeleteMarkers", [])) == ([], [])


def test_a_bucket_hands_a_file_out_for_a_while_under_its_name(bucket: S3Client, server: str, in_clinic: Any) -> None:
    key = new_key("exports")
    with writing(key) as out:
        out.write(b"zip")

    link = link_to(key, name="all.zip", seconds=60)

    answer = httpx.get(link)
    assert answer.content == b"zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="all.zip"'


def test_nobody_writes_lists_or_discards_what_is_anothers(clinic: TenantRef, other: TenantRef) -> None:
    with use(clinic):
        key = new_key("exports")
        with writing(key) as out:
            out.write(b"1")
        assert key in list(own_keys())
    with use(other):
        assert key not in list(own_keys())
        for ask in (writing, discard):
            with pytest.raises(SuspiciousFileOperation):
                ask(key)

    assert erase_files(clinic.id) >= 1
    with use(clinic):
        assert list(own_keys()) == []
