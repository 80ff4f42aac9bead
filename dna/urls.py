"""Every address of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from dna.api import api
from dna.metrics import metrics

handler404 = "accounts_app.http.not_found"
handler500 = "accounts_app.http.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("metrics", metrics, name="metrics"),
    path("", include("accounts_app.urls")),
    path("", include("jobs_app.urls")),
    path("", include("llm_app.urls")),
    path("", include("templates_app.urls")),
]
