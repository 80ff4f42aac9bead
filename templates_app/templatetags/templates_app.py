"""What the pages of templates need beside Django's own filters."""

from __future__ import annotations

from pathlib import PurePath

from django import template

from templates_app.models import TemplateSection

register = template.Library()


@register.filter
def stem(filename: str) -> str:
    """The file's name without its suffix."""
    return PurePath(filename).stem


@register.filter
def paragraph_id(section: TemplateSection) -> str:
    """The id the preview gives the section's heading."""
    return f"p-{section.part.replace('/', '-').replace('.', '-')}-{section.p}"
