"""A worker process that gives its leases up soon and looks for jobs often."""

from dna.settings import *  # noqa: F403

JOB_LEASE_SECONDS = 3
JOB_SWEEP_SECONDS = 1
JOB_MAX_CLAIMS = 50  # the tests kill more workers than any real job meets
