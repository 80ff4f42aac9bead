"""The product's settings with the measured workflows, and no limit per customer: there is only one."""

from __future__ import annotations

from dna.settings import *  # noqa: F403 - these are those
from dna.settings import INSTALLED_APPS as PRODUCT_APPS

INSTALLED_APPS = [*PRODUCT_APPS, "bench.workload.apps.WorkloadConfig"]
JOB_CUSTOMER_CONCURRENCY = 1000
