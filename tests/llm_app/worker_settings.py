"""A worker process that has the workflows of these tests and gives its leases up soon."""

from dna.settings import *  # noqa: F403
from dna.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.llm_app.apps.WorkflowsConfig"]
JOB_LEASE_SECONDS = 3
