"""A tenant's files on S3, spoken to over the wire as in production."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from mypy_boto3_s3 import S3Client

from filestore.storage import read_file, store_file
from filestore.tests.conftest import BUCKET
from tenancy import TenantRef, use


def keys_in(client: S3Client) -> list[str]:
    return [entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_a_file_lies_below_its_tenants_own_prefix_and_is_read_back(bucket: S3Client, in_clinic: TenantRef) -> None:
    stored = store_file(name="a.pdf", content=b"%PDF \x00\xff", media_type="application/pdf", kind="invoices")

    assert keys_in(bucket) == [stored.key]
    assert stored.key.startswith(f"t/{in_clinic.id}/invoices/")
    assert read_file(stored) == b"%PDF \x00\xff"
    assert default_storage.size(stored.key) == stored.size == 7


def test_a_file_is_as_private_as_its_bucket_and_asks_for_no_rights_of_its_own(
    bucket: S3Client, in_clinic: TenantRef
) -> None:
    """A bucket whose owner owns everything in it, as S3 makes them today, refuses uploads that name an ACL."""
    sent: list[Any] = []
    storage: Any = default_storage
    storage.beneath.connection.meta.client.meta.events.register(
        "before-send.s3.PutObject", lambda request, **_: sent.append(request)
    )

    stored = store_file(name="a.pdf", content=b"secret", media_type="application/pdf", kind="invoices")

    (upload,) = sent
    assert "x-amz-acl" not in {name.lower() for name in upload.headers}
    grants = bucket.get_object_acl(Bucket=BUCKET, Key=stored.key)["Grants"]
    assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"]


def test_two_files_of_one_name_are_two_files(bucket: S3Client, in_clinic: TenantRef) -> None:
    first, second = (
        store_file(name="a.txt", content=content, media_type="text/plain", kind="x") for content in (b"1", b"2")
    )

    assert len(keys_in(bucket)) == 2
    assert (read_file(first), read_file(second)) == (b"1", b"2")


def test_a_file_of_another_tenant_is_not_even_asked_for(bucket: S3Client, clinic: TenantRef, other: TenantRef) -> None:
    with use(clinic):
        stored = store_file(name="a.txt", content=b"secret", media_type="text/plain", kind="x")

    with use(other):
        for ask in (default_storage.open, default_storage.exists, default_storage.size, default_storage.delete):
            with pytest.raises(SuspiciousFileOperation):
                ask(stored.key)
    assert keys_in(bucket) == [stored.key]


def test_a_deleted_file_is_gone(bucket: S3Client, in_clinic: TenantRef) -> None:
    stored = store_file(name="a.txt", content=b"1", media_type="text/plain", kind="x")

    default_storage.delete(stored.key)

    assert not default_storage.exists(stored.key)
    assert keys_in(bucket) == []


def test_a_bucket_that_is_not_there_is_an_error_and_no_record_of_a_file(
    bucket: S3Client, in_clinic: TenantRef, settings: Any
) -> None:
    from filestore.models import StoredFile

    settings.AWS_STORAGE_BUCKET_NAME = "no-such-bucket"
    settings.STORAGES = dict(settings.STORAGES)

    with pytest.raises(ClientError, match="NoSuchBucket"):
        store_file(name="a.txt", content=b"1", media_type="text/plain", kind="x")
    assert not StoredFile.objects.exists()
