"""The API's root: one NinjaAPI, one router per app, one handler for every error."""

from __future__ import annotations

from ninja import NinjaAPI

from accounts_app.api import router as accounts_router
from accounts_app.http import API_AUTHENTICATION, add_error_handlers
from dna.health import router as health_router
from jobs_app.admin_api import router as admin_router
from jobs_app.api import router as jobs_router
from jobs_app.artifact_api import router as artifacts_router
from jobs_app.me_api import router as me_router
from jobs_app.question_api import router as questions_router
from llm_app.api import router as llm_router
from templates_app.api import router as templates_router
from templates_app.batch_api import router as batches_router
from templates_app.fact_api import router as facts_router
from templates_app.review_api import router as reviews_router
from templates_app.round_api import router as rounds_router
from templates_app.standard_api import router as standards_router

api = NinjaAPI(title="DNA", version="1.0.0", auth=API_AUTHENTICATION, urls_namespace="api")
add_error_handlers(api)
api.add_router("/auth", accounts_router, tags=["auth"])
api.add_router("/jobs", jobs_router, tags=["jobs"])
api.add_router("/me", me_router, tags=["me"])
api.add_router("", questions_router, tags=["questions"])
api.add_router("", artifacts_router, tags=["artifacts"])
api.add_router("", llm_router, tags=["language models"])
api.add_router("", templates_router, tags=["templates"])
api.add_router("", batches_router, tags=["documents"])
api.add_router("", rounds_router, tags=["documents"])
api.add_router("", facts_router, tags=["facts"])
api.add_router("", reviews_router, tags=["reviews"])
api.add_router("", standards_router, tags=["standards"])
api.add_router("/health", health_router, tags=["health"])
api.add_router("/admin", admin_router, tags=["administration"])
