"""A worker process that shares the files of the test that started it, and gives its leases up soon."""

import os
from pathlib import Path

from dna.settings import *  # noqa: F403

JOB_LEASE_SECONDS = 3
JOB_MAX_CLAIMS = 50  # the test kills more workers than any real job meets
ARTIFACT_ROOT = Path(os.environ["TEST_ARTIFACT_ROOT"])
