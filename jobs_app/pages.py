"""Pages of jobs: the list, one job with its timeline and questions, cancel and retry."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts_app.choices import Role
from accounts_app.http import actor_of
from accounts_app.page_access import page_login_required
from jobs_app.answer_form import AnswerForm
from jobs_app.choices import JobStatus
from jobs_app.jobs import cancel_job, retry_job
from jobs_app.models import Job, Question
from jobs_app.questions import answer_question, questions_of
from jobs_app.timeline import read_timeline

_PER_PAGE = 25


@require_safe
@page_login_required
def job_list(request: HttpRequest) -> HttpResponse:
    jobs = Job.objects.visible_to(actor_of(request)).select_related("created_by", "customer")
    status = request.GET.get("status", "")
    if status in JobStatus.values:
        jobs = jobs.filter(status=status)
    page = Paginator(jobs, _PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "status": status, "statuses": JobStatus.choices}
    return render(request, "jobs_app/job_list.html", context)


@require_safe
@page_login_required
def job_detail(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return render(request, "jobs_app/job_detail.html", _with_questions(_context(request, job_id)))


@require_safe
@page_login_required
def job_questions(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The part of the page that shows what the job asks."""
    return render(request, "jobs_app/_questions.html", _with_questions(_context(request, job_id)))


@require_POST
@page_login_required
def answer(request: HttpRequest, question_id: UUID) -> HttpResponse:
    """Back to the job once the answer is taken; the same page with what is wrong beside the fields otherwise."""
    actor = actor_of(request)
    question = Question.objects.get_for(actor, id=question_id)
    form = AnswerForm(question, request.POST)
    if form.is_valid():
        answer_question(question.id, form.answer, actor=actor)
        return redirect("job", question.job_id)
    context = _with_questions(_context(request, question.job_id), {question.id: form})
    return render(request, "jobs_app/job_detail.html", context, status=422)


@require_safe
@page_login_required
def job_timeline(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The part of the page that follows the job; it stops asking for itself once the job has ended."""
    return render(request, "jobs_app/_timeline.html", _context(request, job_id))


@require_POST
@page_login_required
def job_cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    cancel_job(job_id, actor=actor_of(request))
    return redirect("job", job_id)


@require_POST
@page_login_required
def job_retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    retry_job(job_id, actor=actor_of(request))
    return redirect("job", job_id)


def _with_questions(context: dict[str, Any], filled: dict[UUID, AnswerForm] | None = None) -> dict[str, Any]:
    """What the job asks, each with its form; ``filled`` are those that came back with mistakes."""
    known = filled or {}
    asked = [(question, known.get(question.id) or AnswerForm(question)) for question in questions_of(context["job"])]
    return {**context, "questions": asked}


def _context(request: HttpRequest, job_id: UUID) -> dict[str, Any]:
    actor = actor_of(request)
    job = Job.objects.select_related("created_by", "customer").get_for(actor, id=job_id)
    return {
        "job": job,
        "timeline": read_timeline(job),
        "may_act": actor.can(Role.EDITOR, job.customer_id),
        "may_cancel": not job.is_terminal and job.cancel_requested_at is None,
        "may_retry": job.status in (JobStatus.FAILED, JobStatus.CANCELLED) and job.erased_at is None,
    }
