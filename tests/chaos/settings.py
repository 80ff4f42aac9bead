"""The product's settings, with the workflows and doors of the chaos runs added."""

from __future__ import annotations

from dna import env
from dna.settings import *  # noqa: F403 - these are those
from dna.settings import INSTALLED_APPS as PRODUCT_APPS

INSTALLED_APPS = [*PRODUCT_APPS, "tests.chaos.apps.ChaosConfig"]
ROOT_URLCONF = "tests.chaos.urls"

CHAOS_SERVICE_URL = env.text("CHAOS_SERVICE_URL", "")
CHAOS_FAULT = env.text("CHAOS_FAULT", "")
# How far the clock of this process is ahead.
CHAOS_AHEAD_SECONDS = env.integer("CHAOS_AHEAD_SECONDS", 0)
