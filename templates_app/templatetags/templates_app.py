"""What the pages of templates need beside Django's own filters."""

from __future__ import annotations

from pathlib import PurePath

from django import template

from templates_app.choices import Difference
from templates_app.losses import LossPlace
from templates_app.models import TemplateSection

register = template.Library()


@register.filter
def stem(filename: str) -> str:
    """The file's name without its suffix."""
    return PurePath(filename).stem


@register.filter
def paragraph_id(section: TemplateSection) -> str:
    """The id the preview gives the section's heading."""
    return _paragraph_id(section.part, section.p)


@register.filter
def difference_name(what: str) -> str:
    return str(Difference(what).label)


@register.filter
def place_id(place: LossPlace) -> str:
    """The id the preview gives the paragraph; empty for a place that is none."""
    return _paragraph_id(place["part"], place["p"]) if place["p"] is not None else ""


def _paragraph_id(part: str, p: int) -> str:
    return f"p-{part.replace('/', '-').replace('.', '-')}-{p}"
