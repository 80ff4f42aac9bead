"""Pages of language models."""

from __future__ import annotations

from django.urls import path

from llm_app import pages

urlpatterns = [
    path("usage/", pages.usage, name="usage"),
]
