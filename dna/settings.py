"""Django settings. The environment is read through ``dna.env`` only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from dna import env
from dna.secret_key import load_secret_key

BASE_DIR = env.BASE_DIR
DNA_HOME: Path = env.path("DNA_HOME", BASE_DIR / "var")

DEBUG = env.boolean("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY", "") or load_secret_key(DNA_HOME)
PORT = env.integer("PORT", 8000, minimum=1)
BIND_ADDRESS = env.text("BIND_ADDRESS", "127.0.0.1")
# One process uses one core. Each takes about 120 MB and up to DATABASE_POOL_SIZE connections.
WEB_PROCESSES = env.integer("WEB_PROCESSES", 1, minimum=1)
BASE_URL = env.text("BASE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", BASE_URL)
# The first administrator, made on the first start.
ADMIN_EMAIL = env.text("ADMIN_EMAIL", "admin@localhost").lower()
SECURE_COOKIES = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_COOKIES else None
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "django_htmx",
    "ninja",
    "procrastinate.contrib.django",
    "accounts_app",
    "jobs_app",
    "llm_app",
    "templates_app",
    "dna",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # The last one is sync, so Django runs the whole chain in the request's thread: with an async end each of the
    # others would change threads twice.
    "accounts_app.middleware.ActorMiddleware",
]

ROOT_URLCONF = "dna.urls"
ASGI_APPLICATION = "dna.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def _database(url: str, *, pooled: bool) -> dict[str, Any]:
    """Django's form of a Postgres URL or conninfo string; what Django has no name for goes into OPTIONS."""
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    options: dict[str, Any] = {}
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    database: dict[str, Any] = {names[key]: parts.pop(key, "") for key in names if key != "dbname"} | {
        "NAME": parts.pop("dbname", "dna")
    }
    options.update(parts)
    # A process that froze or lost its network inside a transaction would hold its locks until it is back.
    options.setdefault("options", f"-c idle_in_transaction_session_timeout={JOB_LEASE_SECONDS * 2}s")
    if pooled:
        # A restart of the database is a slow answer, a longer absence a 503 before people lose patience. Gives up on
        # connecting earlier still: the wait between tries doubles, and would outlast the absence.
        pool = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 3, "reconnect_timeout": 2}
        options["pool"] = pool
    # Looked at before use: after a restart of the database every connection of the pool is dead.
    health = {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
    return database | {"ENGINE": "django.db.backends.postgresql", "OPTIONS": options} | health


JOB_LEASE_SECONDS = env.integer("JOB_LEASE_SECONDS", 15, minimum=3)
# Web requests and jobs share the pool of their process; jobs take at most WORKER_THREAD_POOL of it.
WORKER_CONCURRENCY = env.integer("WORKER_CONCURRENCY", 3, minimum=1)
WORKER_THREAD_POOL = env.integer("WORKER_THREAD_POOL", 5, minimum=1)
DATABASE_POOL_SIZE = env.integer("DATABASE_POOL_SIZE", WORKER_THREAD_POOL + 5, minimum=WORKER_THREAD_POOL + 1)
DATABASE_URL = env.database_url() or "postgresql:///dna"
# LISTEN, leases and notifications need a session of their own; poolers such as PgBouncer break them.
DATABASE_DIRECT_URL = env.text("DATABASE_DIRECT_URL", DATABASE_URL)
# The role that owns the tables; migrations run as it, the app does not.
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL", "")
DATABASES = {"default": _database(DATABASE_URL, pooled=True)}
if DATABASE_OWNER_URL:
    DATABASES["owner"] = _database(DATABASE_OWNER_URL, pooled=False)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts_app.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "templates"
LOGOUT_REDIRECT_URL = "sign_in"

LANGUAGE_CODE = "en"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DNA_HOME / "static"
WHITENOISE_USE_FINDERS = True  # nothing to collect on a laptop; `collectstatic` is for a front server
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# How long things live that a person or program signs in with.
ACCESS_TOKEN_SECONDS = env.integer("ACCESS_TOKEN_SECONDS", 3600, minimum=60)
WEBSOCKET_TOKEN_SECONDS = env.integer("WEBSOCKET_TOKEN_SECONDS", 300, minimum=30)
SIGN_IN_LINK_SECONDS = env.integer("SIGN_IN_LINK_SECONDS", 24 * 3600, minimum=60)
# Of one user, over pages and the API; 0 is no limit.
USER_REQUESTS_PER_MINUTE = env.integer("USER_REQUESTS_PER_MINUTE", 0)

# Artifacts: on disk, named by their SHA-256.
ARTIFACT_ROOT: Path = env.path("ARTIFACT_ROOT", DNA_HOME / "artifacts")

# Uploads. A Word file of 30 MB holds about a thousand pages with pictures; Django spools larger bodies to disk.
MAX_UPLOAD_BYTES = env.integer("MAX_UPLOAD_BYTES", 30 * 1024 * 1024, minimum=1024)
# A whole request, refused before it is kept: an upload, or a form with a dozen pictures.
MAX_BODY_BYTES = env.integer("MAX_BODY_BYTES", 64 * 1024 * 1024, minimum=1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024  # a form of values, files not counted
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # the largest real form seen has 3,941 fields
# The child that reads a Word file: the largest real template takes 2 s and 75 MB. Hostile ones end at these bounds.
WORD_READ_SECONDS = env.integer("WORD_READ_SECONDS", 10, minimum=1)
WORD_READ_MEMORY_MB = env.integer("WORD_READ_MEMORY_MB", 200, minimum=128)
# The child that writes one, which holds a part that it changes as a tree.
WORD_CHILD_SECONDS = env.integer("WORD_CHILD_SECONDS", 30, minimum=1)
WORD_CHILD_MEMORY_MB = env.integer("WORD_CHILD_MEMORY_MB", 1024, minimum=128)

# Jobs.
JOB_SWEEP_SECONDS = env.integer("JOB_SWEEP_SECONDS", 5, minimum=1)
# Jobs of one customer that run or are next to run; the others stand in line, so that nobody's are starved.
JOB_CUSTOMER_CONCURRENCY = env.integer("JOB_CUSTOMER_CONCURRENCY", WORKER_CONCURRENCY, minimum=1)
# A job that kills every worker that runs it is given up after so many pick-ups.
JOB_MAX_CLAIMS = env.integer("JOB_MAX_CLAIMS", 5, minimum=1)
# A worker told to stop lets paid calls under way end for so long before it hands their jobs over: what is cut off is
# paid twice. With it a worker ends within five seconds; where the supervisor waits longer, more of them come through.
WORKER_PAID_GRACE_SECONDS = env.integer("WORKER_PAID_GRACE_SECONDS", 3)
JOB_TIMEOUT_SECONDS = env.integer("JOB_TIMEOUT_SECONDS", 3600, minimum=1)
# A job that is running without an event for so long raises an alert, whatever its worker's heartbeat says.
JOB_SILENT_SECONDS = env.integer("JOB_SILENT_SECONDS", 300, minimum=10)
# A job that is unfinished for so long is given up as stale.
JOB_STALE_HOURS = env.integer("JOB_STALE_HOURS", 72, minimum=1)
# How often each worker asks whether a chore is due (alerts, retention, garbage collection); one of them does it.
UPKEEP_SECONDS = env.integer("UPKEEP_SECONDS", 15, minimum=1)

# How many days things are kept, by kind; 0 keeps a kind for ever. Applied once a day by a worker.
# Long enough to retry a failed job after somebody's holidays without paying for its steps again.
STEP_RESULT_DAYS = env.integer("STEP_RESULT_DAYS", 30, minimum=1)
# Arguments and results of ended jobs: a year, for questions about last year's work. The log and the figures stay.
JOB_CONTENT_DAYS = env.integer("JOB_CONTENT_DAYS", 365)
# Clients repeat a request within minutes; a week covers a queue of theirs that stood still over a weekend.
IDEMPOTENCY_KEY_DAYS = env.integer("IDEMPOTENCY_KEY_DAYS", 7)
# Three years, one cycle of an ISO certificate.
AUDIT_DAYS = env.integer("AUDIT_DAYS", 1095)
# The limits on guessing look back one day; the rest is for looking into an attack.
SIGN_IN_ATTEMPT_DAYS = env.integer("SIGN_IN_ATTEMPT_DAYS", 30)
# Workers that stopped, and tickets that dead ones left.
STOPPED_WORKER_DAYS = env.integer("STOPPED_WORKER_DAYS", 7)
ALERT_DAYS = env.integer("ALERT_DAYS", 90)
# What people were told; a browser that was away for longer reads the lists instead.
FEED_DAYS = env.integer("FEED_DAYS", 30)

# Language models.
# Without it every call counts as free, so that nothing is limited; tokens are counted all the same.
ENABLE_COST_TRACKING = env.boolean("ENABLE_COST_TRACKING", default=True)
# Amounts in USD; 0 is no limit. Each may be set otherwise for one customer in the admin, but for the installation's.
# One answer of 64,000 tokens of the dearest seeded model costs about 1.60.
MAX_COST_PER_CALL_USD = env.decimal("MAX_COST_PER_CALL_USD", "2.00")
MAX_COST_PER_TASK_USD = env.decimal("MAX_COST_PER_TASK_USD", "5.00")
MAX_COST_PER_CUSTOMER_MONTH_USD = env.decimal("MAX_COST_PER_CUSTOMER_MONTH_USD", "100.00")
MAX_COST_PER_MONTH_USD = env.decimal("MAX_COST_PER_MONTH_USD", "500.00")
# From this share of a limit on, its customer's managers, the administrators or who asked for the job are told, once.
COST_WARNING_PERCENT = env.integer("COST_WARNING_PERCENT", 80, minimum=1)
# How often one provider is tried when it is busy or out of order, and how long one wait for it may be.
LLM_ATTEMPTS = env.integer("LLM_ATTEMPTS", 3, minimum=1)
LLM_WAIT_SECONDS = env.integer("LLM_WAIT_SECONDS", 30)
# A model's answers about reading and reviewing serve the same question of the same customer again for so long.
# 0: never, for who asks again may want another answer.
KEEP_ANSWERS_HOURS = env.integer("KEEP_ANSWERS_HOURS", 0)
# Kept answers go after so many days at the latest, whatever was asked for.
ANSWER_CACHE_DAYS = env.integer("ANSWER_CACHE_DAYS", 30, minimum=1)
# The ledger's figures stay for ever; which prompt and step they were for goes after this.
LEDGER_METADATA_DAYS = env.integer("LEDGER_METADATA_DAYS", 365)
# Readings of a template that score (0 to 1) no further apart may be put to whoever allowed questions, for so long.
PARSE_QUESTION_MARGIN = env.decimal("PARSE_QUESTION_MARGIN", "0.15")
PARSE_QUESTION_SECONDS = env.integer("PARSE_QUESTION_SECONDS", 3600, minimum=1)
# `manage.py up` serves scripted answers, too, as a provider that says so in its name.
DEMO_PROVIDER = env.boolean("DNA_DEMO_PROVIDER", default=False)
# Keys stay in the environment; the rows of providers name the variables.
READ_SECRET = env.secret
# What is taken out of everything that is written down.
SECRET_VALUES = env.secret_values
# LiteLLM fetches lists of models and headers from the network and reads .env by itself unless told not to.
env.quieten("LITELLM_LOCAL_MODEL_COST_MAP", "True")
env.quieten("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")
env.quieten("LITELLM_MODE", "PRODUCTION")

# Operators.
# What a monitoring system sends as `Authorization: Bearer …` to /metrics; not set: only this machine may read them.
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
# Opens POST /api/v1/admin/…, sent as X-Admin-Key; not set: those addresses refuse everybody.
ADMIN_API_KEY = env.text("ADMIN_API_KEY", "")
# The oldest job that has a ticket waits for so long: health says "warning", for then workers are missing.
QUEUE_AGE_WARNING_SECONDS = env.integer("QUEUE_AGE_WARNING_SECONDS", 300, minimum=1)
# Results of steps up to this size stay in their row, larger ones become artifacts.
STEP_RESULT_INLINE_BYTES = 64 * 1024

# Streams. Changes are told by NOTIFY, and looked for every few seconds in case one was lost.
NOTIFY_INTERVAL_SECONDS = 0.02
FOLLOW_POLL_SECONDS = 3.0
STREAM_HEARTBEAT_SECONDS = 15.0
# How often it is looked at again whether a reader may still see what it follows.
STREAM_ACCESS_SECONDS = 30.0
STREAM_TEND_SECONDS = 1.0
# A reader is let go that is so many entries behind, or takes nothing for so long.
FOLLOWER_QUEUE_EVENTS = 1000
STREAM_SEND_SECONDS = 20.0
# When a reader of server-sent events comes back after its connection broke.
STREAM_RETRY_MS = 1000
# Topics that one socket may join.
STREAM_TOPICS = 20

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
# For people (line) or for a log store (json); both carry job, workflow and step, and hide secrets.
LOG_FORMAT = env.choice("LOG_FORMAT", "line", ("line", "json"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"dna": {"()": "jobs_app.logs.Formatter", "form": LOG_FORMAT}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "dna"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "procrastinate": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        "asyncio": {"level": "WARNING"},
    },
}

UNFOLD = {"SITE_TITLE": "DNA", "SITE_HEADER": "DNA", "SITE_URL": "/"}
