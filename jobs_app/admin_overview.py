"""What stands above the fields of a job's page in the admin, as tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localtime

from jobs_app.artifacts import STEP_RESULT
from jobs_app.models import Job, Question, StepResult
from jobs_app.timeline import read_timeline


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    headers: list[str]
    rows: list[list[Any]]


def overview(job: Job) -> dict[str, Any]:
    """The context of ``admin_job.html``: tables that have something in them, and the steps to redo from."""
    steps = list(job.step_results.order_by("completed_at", "created_at"))
    tables = [_alerts(job), _dismissals(job), _questions(job), _children(job), _files(job), _steps(steps), _log(job)]
    return {
        "job": job,
        "tables": [table for table in tables if table.rows],
        "redo_keys": [step.key for step in steps if step.completed_at] if job.is_terminal else [],
    }


def _alerts(job: Job) -> Table:
    rows = [[alert, _at(alert.opened_at), _at(alert.closed_at) or "open"] for alert in job.alerts.all()]
    return Table("Alerts", ["Alert", "Opened", "Closed"], rows)


def _dismissals(job: Job) -> Table:
    found = job.dismissals.select_related("dismissed_by")
    rows = [[one.attempt, one.reason, one.dismissed_by or "–", _at(one.dismissed_at)] for one in found]
    return Table("Dismissed", ["Attempt", "Reason", "By", "At"], rows)


def _questions(job: Job) -> Table:
    rows = [[one.text or "erased", _at(one.asked_at), _answer(one, job)] for one in job.questions.order_by("asked_at")]
    return Table("Questions", ["Question", "Asked", "Answer"], rows)


def _answer(question: Question, job: Job) -> Any:
    if question.answered_at is not None:
        return truncatechars(str(question.answer), 200)
    if job.is_terminal:
        return "not answered"
    return _link("admin:jobs_app_question_answer", question, "Answer")


def _children(job: Job) -> Table:
    rows = [
        [_link("admin:jobs_app_job_change", one, str(one)), one.parent_key, one.get_status_display()]
        for one in job.children.order_by("id")
    ]
    return Table("Jobs it started", ["Job", "Step", "Status"], rows)


def _files(job: Job) -> Table:
    found = job.artifacts.exclude(entity_type=STEP_RESULT).select_related("blob")
    rows = [
        [_link("admin:jobs_app_artifact_file", one, one.filename), one.entity_type, one.media_type, one.blob.size_bytes]
        for one in found
    ]
    return Table("Files", ["File", "Of", "Media type", "Bytes"], rows)


def _steps(steps: Iterable[StepResult]) -> Table:
    rows = [
        [_link("admin:jobs_app_stepresult_change", s, s.key), s.version, s.attempts, _at(s.completed_at) or "–",
         _ms(s.duration_ms), "a file" if s.artifact_id else truncatechars(str(s.value), 80)]
        for s in steps
    ]
    return Table("Steps", ["Key", "Version", "Failed tries", "Finished", "Took", "Result"], rows)


def _log(job: Job) -> Table:
    rows = [
        [entry.number, f"{entry.since_start_ms} ms", entry.attempt, entry.sentence, _ms(entry.duration_ms)]
        for entry in read_timeline(job)
    ]
    return Table("Timeline", ["#", "After", "Attempt", "What happened", "Took"], rows)


def _link(name: str, row: Model, text: str) -> str:
    return format_html('<a class="text-primary-600" href="{}">{}</a>', reverse(name, args=[row.pk]), text)


def _at(moment: Any) -> str:
    return f"{localtime(moment):%Y-%m-%d %H:%M:%S}" if moment else ""


def _ms(duration_ms: int | None) -> str:
    return "" if duration_ms is None else f"{duration_ms} ms"
