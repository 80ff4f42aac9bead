"""Garbage collection of artifacts: blobs that nothing refers to any more, and files that no row knows.

Whoever stores a file and whoever collects one hold the lock of the blob's row while they look and act, so a file is
never taken from under a new reference. The grace is for people: what was dropped by mistake can be put back for a day.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from jobs_app.artifacts import blob_path
from jobs_app.models import Artifact, Blob

GRACE = timedelta(hours=24)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_DRAFT = re.compile(r"\.[0-9a-f]{64}\.[0-9a-f]{12}")
_AT_ONCE = 500
_USED = Exists(Artifact.objects.filter(blob_id=OuterRef("pk")))


@dataclass(slots=True)
class Collected:
    """What a collection did, or with ``dry_run`` would do."""

    blobs: int = 0
    bytes: int = 0
    newly_unused: int = 0
    orphan_files: int = 0
    drafts: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def collect_artifacts(*, dry_run: bool = False, grace: timedelta = GRACE) -> Collected:
    """Take away blobs unused for longer than the grace, and what lies on the disk without a row. Safe to call twice."""
    found = Collected()
    _look_at_disk(found, dry_run=dry_run)
    due = Blob.objects.filter(~_USED, unused_since__lte=Now() - grace)
    for sha256, size in list(due.values_list("sha256", "size_bytes")):
        if dry_run or take_blob(sha256):
            found.blobs += 1
            found.bytes += size
    fresh = Blob.objects.filter(~_USED, unused_since=None)
    found.newly_unused = fresh.count() if dry_run else fresh.update(unused_since=Now())
    return found


def take_blobs(hashes: Iterable[str]) -> None:
    """Take away at once those that nothing refers to: what was erased does not wait for the grace."""
    for sha256 in hashes:
        take_blob(sha256)


def take_blob(sha256: str) -> bool:
    """Take away one blob, unless something refers to it. The file goes before the lock on its row does.

    Call outside any transaction: a rolled back one could bring back the row, but not the file.
    """
    with transaction.atomic():
        blob = Blob.objects.select_for_update().filter(sha256=sha256).first()
        if blob is None or Artifact.objects.filter(blob=blob).exists():
            return False
        blob.delete()
        blob_path(sha256).unlink(missing_ok=True)
    return True


def _look_at_disk(found: Collected, *, dry_run: bool) -> None:
    """Old drafts go. A file without a row gets one, unused since it was written: then it is collected like the rest."""
    old = time.time() - GRACE.total_seconds()
    files = _files(settings.ARTIFACT_ROOT, older_than=old)
    while batch := list(islice(files, _AT_ONCE)):
        known = set(Blob.objects.filter(sha256__in=[path.name for path in batch]).values_list("sha256", flat=True))
        for path in batch:
            if _DRAFT.fullmatch(path.name):
                found.drafts += 1
                if not dry_run:
                    path.unlink(missing_ok=True)
            elif path.name not in known:
                found.orphan_files += 1
                if not dry_run:
                    _adopt(path)


def _adopt(path: Path) -> None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return
    since = datetime.fromtimestamp(stat.st_mtime, tz=UTC)
    row = Blob(sha256=path.name, size_bytes=stat.st_size, unused_since=since)
    Blob.objects.bulk_create([row], ignore_conflicts=True)


def _files(root: Path, *, older_than: float) -> Iterator[Path]:
    """Blobs and drafts last written before a moment; whatever else lies there is not ours."""
    for path in root.glob("??/??/*"):
        if not (_SHA256.fullmatch(path.name) or _DRAFT.fullmatch(path.name)):
            continue
        try:
            if path.stat().st_mtime < older_than:
                yield path
        except FileNotFoundError:
            continue
