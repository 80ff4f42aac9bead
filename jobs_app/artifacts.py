"""Artifacts: immutable files on disk, named by the SHA-256 of their bytes and stored once."""

from __future__ import annotations

import hashlib
import os
import secrets
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from jobs_app.errors import ArtifactMissing
from jobs_app.models import Artifact, Blob

STEP_RESULT = "step_result"
"""Entity type of a step's large result: the runtime's own memory, shown to nobody."""

_CHUNK_BYTES = 1 << 20
_MAKE_OR_SHARE = """
    WITH made AS (
        INSERT INTO jobs_app_blob (sha256, size_bytes) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING sha256
    ), shared AS (
        SELECT sha256 FROM jobs_app_blob WHERE sha256 = %s AND unused_since IS NULL FOR SHARE
    )
    SELECT EXISTS (SELECT FROM made) OR EXISTS (SELECT FROM shared)"""


def store_bytes(
    data: bytes,
    *,
    customer_id: uuid.UUID,
    filename: str,
    media_type: str,
    entity_type: str,
    entity_id: uuid.UUID | None = None,
    job_id: uuid.UUID | None = None,
    created_by_id: uuid.UUID | None = None,
    tags: Iterable[str] = (),
) -> Artifact:
    """Keep a file. The bytes are on disk and synced before the row exists; the same bytes are kept once."""
    sha256 = sha256_of(data)
    path = blob_path(sha256)
    _write_once(path, data)
    with transaction.atomic(savepoint=False):
        blob = Blob(sha256=sha256, size_bytes=len(data), unused_since=None)
        _hold_blob(blob)
        # Garbage collection may have taken the file before the lock was ours.
        _write_once(path, data)
        return Artifact.objects.create(
            customer_id=customer_id,
            blob=blob,
            job_id=job_id,
            filename=filename[:255],
            media_type=media_type,
            entity_type=entity_type,
            entity_id=entity_id,
            tags=list(tags),
            created_by_id=created_by_id,
        )


def copy_to(artifact: Artifact, *, customer_id: uuid.UUID, entity_id: uuid.UUID) -> Artifact:
    """The same file for another customer. Its bytes are checked on the way and stay where they are."""
    return store_bytes(
        read_bytes(artifact),
        customer_id=customer_id,
        filename=artifact.filename,
        media_type=artifact.media_type,
        entity_type=artifact.entity_type,
        entity_id=entity_id,
        tags=artifact.tags,
    )


def _hold_blob(blob: Blob) -> None:
    """Make the row or lock it, so that garbage collection cannot take the blob before the new reference is there.

    A blob in use is locked for sharing: many may store the same file at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MAKE_OR_SHARE, [blob.sha256, blob.size_bytes, blob.sha256])
        if cursor.fetchone() == (True,):
            return
    Blob.objects.bulk_create([blob], update_conflicts=True, unique_fields=["sha256"], update_fields=["unused_since"])


def blob_path(sha256: str) -> Path:
    root: Path = settings.ARTIFACT_ROOT
    return root / sha256[:2] / sha256[2:4] / sha256


def sha256_of(data: bytes) -> str:
    """The name these bytes have, kept or not."""
    return hashlib.sha256(data).hexdigest()


def _write_once(path: Path, data: bytes) -> None:
    """A whole file or none: written beside its place, synced, then renamed into it."""
    if path.exists() and path.stat().st_size == len(data):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read_bytes(artifact: Artifact) -> bytes:
    """The file's bytes, verified against its name."""
    try:
        data = blob_path(artifact.blob_id).read_bytes()
    except FileNotFoundError:
        raise ArtifactMissing() from None
    if hashlib.sha256(data).hexdigest() != artifact.blob_id:
        raise ArtifactMissing()
    return data


def verified_path(artifact: Artifact) -> Path:
    """Where the file lies, after its bytes were checked against its name; for child processes and downloads."""
    path = blob_path(artifact.blob_id)
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except FileNotFoundError:
        raise ArtifactMissing() from None
    if digest.hexdigest() != artifact.blob_id:
        raise ArtifactMissing()
    return path
