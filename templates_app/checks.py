"""Checks that Django runs at every start and in ``manage.py check``."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from templates_app import concepts
from templates_app.standards.checking import find_faults


@register
def check_catalogue(**options: Any) -> list[CheckMessage]:
    """The standards and types of document are data; a fault in them is one of the program."""
    return [Error(fault, id="templates_app.E001") for fault in find_faults()]


@register
def check_concepts(**options: Any) -> list[CheckMessage]:
    return [Error(fault, id="templates_app.E002") for fault in concepts.find_faults()]
