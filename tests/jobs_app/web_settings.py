"""The settings of the web process that tests start: the same program, with less patience."""

from dna.settings import *  # noqa: F403

ROOT_URLCONF = "tests.jobs_app.web_urls"
STREAM_RETRY_MS = 20
STREAM_HEARTBEAT_SECONDS = 1.0
STREAM_ACCESS_SECONDS = 1.0
STREAM_TEND_SECONDS = 0.2
STREAM_SEND_SECONDS = 1.0
FOLLOW_POLL_SECONDS = 1.0
