"""``up``: everything in one process, set up on the first start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from dna.installation import first_sign_in_link, prepare_installation
from dna.server import check_port_free, serve
from llm_app.demo_provider import DISPLAY_NAME, withdraw_demo


class Command(BaseCommand):
    help = "Set up what is missing, then serve web and worker in one process until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        check_port_free()
        prepare_installation(say=self.stdout.write)
        withdraw_demo()  # one that was killed could not
        serve(with_worker=True, with_demo=settings.DEMO_PROVIDER, on_ready=self._greet)

    def _greet(self) -> None:
        self.stdout.write(f"\nDNA runs at {settings.BASE_URL} (Ctrl-C stops it)")
        if settings.DEMO_PROVIDER:
            self.stdout.write(f"With the provider “{DISPLAY_NAME}”: nothing it says comes from a language model.")
        if link := first_sign_in_link():
            self.stdout.write(f"Sign in once with this link: {link}")
        self.stdout.flush()
