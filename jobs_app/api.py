"""Jobs over the API: look, read and follow the log, cancel, retry."""

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase
from ninja import Field, Router, Schema, Status
from ninja.pagination import LimitOffsetPagination, paginate

from accounts_app.http import actor_of, error_responses
from jobs_app import events, sse
from jobs_app.choices import JobStatus
from jobs_app.followers import Viewer
from jobs_app.hub import get_hub
from jobs_app.job_log import JOB_LOG, check_job_access
from jobs_app.jobs import cancel_job, retry_job
from jobs_app.models import Job
from jobs_app.presentation import error_data, event_data

router = Router()


class JobError(Schema):
    code: str
    message: str
    errored: bool = Field(description="True when the fault is the program's, not the input's.")


class JobOut(Schema):
    """A job as its log says it stands."""

    id: UUID
    type: str = Field(alias="workflow", description="Name of the workflow.")
    status: JobStatus
    progress: int = Field(description="0 to 100.")
    current_step: str
    eta_seconds: int | None
    result: Any | None
    error: JobError | None
    provider: str
    model: str
    cost_usd: Decimal
    input_tokens: int
    output_tokens: int
    attempt: int
    priority: int
    subject_type: str
    subject_id: UUID | None
    last_event_number: int
    created_by: UUID | None = Field(alias="created_by_id")
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    duration_ms: int | None

    @staticmethod
    def resolve_error(job: Job) -> dict[str, Any] | None:
        return error_data(job)


class EventOut(Schema):
    type: str
    number: int
    job_id: UUID
    attempt: int
    created_at: datetime
    duration_ms: int | None
    data: dict[str, Any]


class EventPage(Schema):
    """Events after a number, oldest first; ask again with ``after=next_after`` until ``events`` is empty."""

    events: list[EventOut]
    next_after: int


@router.get("", response={200: list[JobOut], **error_responses()}, summary="List jobs, newest first")
@paginate(LimitOffsetPagination)
def list_jobs(
    request: HttpRequest, status: JobStatus | None = None, type: str | None = None, subject_id: UUID | None = None
) -> Any:
    wanted = {"status": status, "workflow": type, "subject_id": subject_id}
    return Job.objects.visible_to(actor_of(request)).filter(**{name: value for name, value in wanted.items() if value})


@router.get("/{uuid:job_id}", response={200: JobOut, **error_responses()}, summary="One job")
def get_job(request: HttpRequest, job_id: UUID) -> Job:
    return Job.objects.get_for(actor_of(request), id=job_id)


@router.get(
    "/{uuid:job_id}/events",
    response={200: EventPage, **error_responses()},
    openapi_extra=sse.OPENAPI,
    summary="The log of a job, as a page or as a stream",
)
async def list_events(
    request: HttpRequest,
    job_id: UUID,
    after: Annotated[int, Field(ge=0, lt=sse.MOST)] = 0,
    limit: Annotated[int, Field(ge=1, le=events.MOST_AT_ONCE)] = 200,
    stream: bool = False,
) -> dict[str, Any] | HttpResponseBase:
    """With ``Accept: text/event-stream`` or ``?stream=1`` the events come as they happen, after ``Last-Event-ID``.

    At the end of the job follows one ``completion`` event, and the stream closes.
    """
    actor = actor_of(request)
    job = await sync_to_async(Job.objects.get_for)(actor, id=job_id)
    if stream or sse.wants_events(request):
        viewer = Viewer(actor, partial(check_job_access, job.customer_id))
        after = sse.resume_after(request, after)
        return sse.stream_response(get_hub().follow(JOB_LOG, job.id, after=after, viewer=viewer))
    page = await sync_to_async(events.read_after)(job.id, after, limit=limit)
    return {"events": [event_data(event) for event in page], "next_after": page[-1].number if page else after}


@router.post("/{uuid:job_id}/cancel", response={200: JobOut, **error_responses(409)}, summary="Cancel a job")
def cancel(request: HttpRequest, job_id: UUID) -> Job:
    return cancel_job(job_id, actor=actor_of(request))


@router.post("/{uuid:job_id}/retry", response={202: JobOut, **error_responses(409)}, summary="Run a failed job again")
def retry(request: HttpRequest, job_id: UUID) -> Status[Job]:
    return Status(202, retry_job(job_id, actor=actor_of(request)))
