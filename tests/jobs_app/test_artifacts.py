from __future__ import annotations

import pytest

from accounts_app.models import Customer
from jobs_app import artifacts
from jobs_app.errors import ArtifactMissing
from jobs_app.models import Artifact, Blob


@pytest.fixture(autouse=True)
def _own_folder(settings: object, tmp_path: object) -> None:
    settings.ARTIFACT_ROOT = tmp_path  # type: ignore[attr-defined]


def store(customer: Customer, data: bytes = b"hello") -> Artifact:
    return artifacts.store_bytes(
        data, customer_id=customer.id, filename="a.txt", media_type="text/plain", entity_type="test"
    )


def test_what_is_stored_can_be_read(customer: Customer) -> None:
    artifact = store(customer)
    assert artifacts.read_bytes(artifact) == b"hello"
    assert artifacts.verified_path(artifact).read_bytes() == b"hello"


def test_the_same_bytes_are_kept_once(customer: Customer, other_customer: Customer) -> None:
    first, second = store(customer), store(other_customer)
    assert first.blob_id == second.blob_id and first.id != second.id
    assert Blob.objects.get().size_bytes == 5


def test_damage_is_noticed(customer: Customer) -> None:
    artifact = store(customer)
    artifacts.blob_path(artifact.blob_id).write_bytes(b"jello")
    for read in (artifacts.read_bytes, artifacts.verified_path):
        with pytest.raises(ArtifactMissing):
            read(artifact)


def test_a_missing_file_is_said_to_be_missing(customer: Customer) -> None:
    artifact = store(customer)
    artifacts.blob_path(artifact.blob_id).unlink()
    with pytest.raises(ArtifactMissing):
        artifacts.read_bytes(artifact)


def test_a_file_written_anew_after_damage(customer: Customer) -> None:
    artifact = store(customer)
    artifacts.blob_path(artifact.blob_id).write_bytes(b"cut")
    store(customer)
    assert artifacts.read_bytes(artifact) == b"hello"

