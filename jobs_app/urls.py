"""Pages of jobs."""

from __future__ import annotations

from django.urls import path

from jobs_app import operator_pages, pages

urlpatterns = [
    path("jobs/", pages.job_list, name="jobs"),
    path("jobs/<uuid:job_id>/", pages.job_detail, name="job"),
    path("jobs/<uuid:job_id>/timeline/", pages.job_timeline, name="job_timeline"),
    path("jobs/<uuid:job_id>/questions/", pages.job_questions, name="job_questions"),
    path("questions/<uuid:question_id>/answer/", pages.answer, name="answer_question"),
    path("jobs/<uuid:job_id>/cancel/", pages.job_cancel, name="job_cancel"),
    path("jobs/<uuid:job_id>/retry/", pages.job_retry, name="job_retry"),
    path("operations/", operator_pages.operations, name="operations"),
    path("operations/figures/", operator_pages.figures, name="operations_figures"),
]
