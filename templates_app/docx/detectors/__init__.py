"""Detectors: one per kind of marker, each a function from the layout to findings with a confidence of their own.

They know nothing of each other; ``resolve`` decides where they overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..finding import Finding
from ..layout import Layout
from .alternatives import find_alternatives
from .angles import find_angles
from .bare import find_bare
from .blanks import find_blanks
from .boxes import find_boxes
from .braces import find_braces
from .brackets import find_brackets
from .cells import find_cells
from .colored import find_colored, find_highlighted
from .computed import find_computed
from .controls import find_controls
from .dollars import find_dollars
from .fences import find_fences
from .form_fields import find_form_fields
from .guidance import find_guidance
from .guillemets import find_guillemets, find_merge_fields
from .images import find_images
from .labels import find_labels
from .lines import find_lines
from .prompts import find_prompts
from .properties import find_properties

Detector = Callable[[Layout], Iterator[Finding]]

DETECTORS: tuple[Detector, ...] = (
    find_computed,
    find_controls,
    find_form_fields,
    find_merge_fields,
    find_properties,
    find_prompts,
    find_boxes,
    find_brackets,
    find_angles,
    find_braces,
    find_dollars,
    find_fences,
    find_guillemets,
    find_images,
    find_blanks,
    find_lines,
    find_bare,
    find_highlighted,
    find_colored,
    find_alternatives,
    find_labels,
    find_cells,
    find_guidance,
)
