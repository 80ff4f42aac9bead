"""The API's root: one NinjaAPI, one router per app, one handler for every error."""

from __future__ import annotations

from ninja import NinjaAPI

from accounts_app.api import router as accounts_router
from accounts_app.http import API_AUTHENTICATION, add_error_handlers
from dna.health import router as health_router
from jobs_app.api import router as jobs_router
from templates_app.api import router as templates_router

api = NinjaAPI(title="DNA", version="1.0.0", auth=API_AUTHENTICATION, urls_namespace="api")
add_error_handlers(api)
api.add_router("/auth", accounts_router, tags=["auth"])
api.add_router("/jobs", jobs_router, tags=["jobs"])
api.add_router("", templates_router, tags=["templates"])
api.add_router("/health", health_router, tags=["health"])
