"""The one task of the queue."""

from __future__ import annotations

import uuid

from procrastinate import JobContext
from procrastinate.contrib.django import app


@app.task(name="jobs.run_job", pass_context=True)
async def run_job(context: JobContext, job_id: str) -> None:
    """A ticket came up: let the worker of this process look at the job."""
    await context.additional_context["worker"].run_job(uuid.UUID(job_id))
