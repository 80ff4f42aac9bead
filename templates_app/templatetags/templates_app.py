"""What the pages of templates need beside Django's own filters."""

from __future__ import annotations

from django import template

from templates_app.models import TemplateSection

register = template.Library()


@register.filter
def paragraph_id(section: TemplateSection) -> str:
    """The id the preview gives the section's heading."""
    return f"p-{section.part.replace('/', '-').replace('.', '-')}-{section.p}"
