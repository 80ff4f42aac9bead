"""Which files a job made, and which the jobs it started."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from accounts_app.access import Actor, CustomerOwnedQuerySet
from jobs_app.artifacts import STEP_RESULT
from jobs_app.models import Artifact, Job


@dataclass(slots=True)
class Manifest:
    """The files of one job, and below it those of its children."""

    job_id: uuid.UUID
    workflow: str
    status: str
    parent_key: str
    files: list[Artifact] = field(default_factory=list)
    children: list[Manifest] = field(default_factory=list)


def shown_artifacts(actor: Actor) -> CustomerOwnedQuerySet[Artifact]:
    """What the actor may see: files of its customers, but not what steps keep for themselves (it is unredacted)."""
    return Artifact.objects.visible_to(actor).exclude(entity_type=STEP_RESULT).select_related("blob")


def manifest_of(job: Job) -> Manifest:
    """Three queries, however many jobs and files there are."""
    family = Job.objects.filter(root_id=job.root_id or job.id)
    family = family.only("id", "workflow", "status", "parent_id", "parent_key")
    below: defaultdict[uuid.UUID | None, list[Job]] = defaultdict(list)
    for one in family.order_by("id"):
        below[one.parent_id].append(one)
    top = _manifest(job, below)
    every = {manifest.job_id: manifest for manifest in _all(top)}
    files = Artifact.objects.filter(job_id__in=every).exclude(entity_type=STEP_RESULT).select_related("blob")
    for file in files.order_by("created_at", "id"):
        if file.job_id is not None:
            every[file.job_id].files.append(file)
    return top


def _manifest(job: Job, below: dict[uuid.UUID | None, list[Job]]) -> Manifest:
    children = [_manifest(child, below) for child in below.get(job.id, [])]
    return Manifest(job.id, job.workflow, job.status, job.parent_key, children=children)


def _all(manifest: Manifest) -> list[Manifest]:
    return [manifest, *(one for child in manifest.children for one in _all(child))]
