"""A template as HTML, as far as its outline shows it, with the places of its fields marked."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from jobs_app.models import Artifact
from templates_app.docx.preview import preview
from templates_app.errors import TemplateNotReady
from templates_app.models import Template
from templates_app.parsing import read_parse


def template_preview(template: Template) -> str:
    """An HTML fragment; ``mark[data-field]`` is a place, its value the field's key. Raises ``TemplateNotReady``."""
    if (parsed := template.parsed_file) is None:
        raise TemplateNotReady()
    return _preview_of(parsed.blob_id, parsed.id)


@lru_cache(maxsize=16)
def _preview_of(sha256: str, artifact_id: UUID) -> str:
    """By the parse's SHA-256, which never means anything else; a large file takes a second."""
    parse = read_parse(Artifact.objects.get(id=artifact_id))
    return preview(parse.outline, parse.fields)
