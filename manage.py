#!/usr/bin/env python
"""Run a management command, with the embedded Postgres where no database is configured."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

SERVING = {"up", "web", "worker"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dna.settings")
    from dna.embedded import embedded_database

    with ExitStack() as stack:
        stack.enter_context(embedded_database(sys.argv[1:]))
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    if set(sys.argv[1:2]) & SERVING:
        from dna.ending import end_in_spite_of_threads

        end_in_spite_of_threads()


if __name__ == "__main__":
    main()
