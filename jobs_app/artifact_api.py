"""Artifacts over the API: find, look, download; the files of a job."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from ninja import Field, Query, Router, Schema
from ninja.pagination import LimitOffsetPagination, paginate

from accounts_app.http import actor_of, error_responses
from jobs_app.choices import JobStatus
from jobs_app.downloads import send_file
from jobs_app.manifests import Manifest, manifest_of, shown_artifacts
from jobs_app.models import Artifact, Job

router = Router()


class ArtifactOut(Schema):
    """An immutable file, named by the SHA-256 of its bytes."""

    id: UUID
    filename: str
    media_type: str
    size_bytes: int = Field(alias="blob.size_bytes")
    sha256: str = Field(alias="blob_id")
    entity_type: str
    entity_id: UUID | None
    tags: list[str]
    job_id: UUID | None
    created_by: UUID | None = Field(alias="created_by_id")
    created_at: datetime
    file_url: str

    @staticmethod
    def resolve_file_url(artifact: Artifact) -> str:
        return reverse("api:artifact_file", args=[artifact.pk])


class ArtifactFilter(Schema):
    entity_type: str | None = None
    entity_id: UUID | None = None
    tag: str | None = None
    job: UUID | None = Field(None, description="Id of the job that made it.")


class ManifestOut(Schema):
    """The files a job made, and those of the jobs it started."""

    job_id: UUID
    workflow: str
    status: JobStatus
    parent_key: str = Field(description="Step of the parent that started this job.")
    files: list[ArtifactOut]
    children: list["ManifestOut"]


@router.get("/artifacts", response={200: list[ArtifactOut], **error_responses()}, summary="Find files, newest first")
@paginate(LimitOffsetPagination)
def list_artifacts(request: HttpRequest, wanted: Annotated[ArtifactFilter, Query()]) -> Any:
    names = {"entity_type": wanted.entity_type, "entity_id": wanted.entity_id, "job_id": wanted.job}
    found = shown_artifacts(actor_of(request)).filter(**{name: value for name, value in names.items() if value})
    return found.filter(tags__contains=[wanted.tag]) if wanted.tag else found


@router.get("/artifacts/{uuid:artifact_id}", response={200: ArtifactOut, **error_responses()}, summary="One file")
def get_artifact(request: HttpRequest, artifact_id: UUID) -> Artifact:
    return shown_artifacts(actor_of(request)).get_for(actor_of(request), id=artifact_id)


@router.api_operation(
    ["GET", "HEAD"],
    "/artifacts/{uuid:artifact_id}/file",
    response={200: None, 206: None, 304: None, **error_responses(416)},
    url_name="artifact_file",
    summary="A file's bytes, whole or one range",
)
def get_file(request: HttpRequest, artifact_id: UUID) -> HttpResponseBase:
    return send_file(request, get_artifact(request, artifact_id))


@router.get("/jobs/{uuid:job_id}/manifest", response={200: ManifestOut, **error_responses()}, summary="A job's files")
def get_manifest(request: HttpRequest, job_id: UUID) -> Manifest:
    return manifest_of(Job.objects.get_for(actor_of(request), id=job_id))
