"""``migrate`` as the owner of the tables, where the app itself runs as a role that owns nothing."""

from __future__ import annotations

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections


class Command(Migrate):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        if "owner" in connections.databases:
            parser.set_defaults(database="owner")
