"""How much of a file DNA is willing to look at. Counted while reading; sizes a file claims are never believed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Each figure is far above what real templates have and low enough that reaching it costs little."""

    upload_bytes: int = 50_000_000     # the largest of 275 real Word files has 0.7 MB
    directory_bytes: int = 1_000_000   # 2,000 entries take about 200 kB of directory
    entries: int = 2_000               # Word writes 10 to 60; hundreds of pictures still fit
    part_bytes: int = 50_000_000       # the largest real part seen has 12.6 MB
    file_bytes: int = 200_000_000      # of all parts that are read; pictures are not
    index_bytes: int = 1_000_000       # relationships and content types, all that a first look inflates
    ratio: int = 100                   # unpacked to packed; the highest real one seen is 38
    ratio_floor_bytes: int = 100_000   # small parts of one repeated word may pack better, and cannot hurt
    elements: int = 5_000_000          # reading takes about 2 µs for each, a tree 400 bytes
    depth: int = 256                   # held by libxml2 itself (no huge_tree); far below Python's recursion limit
    paragraphs: int = 50_000           # the largest of 275 real files has 16,000; 50,000 are over 1,000 pages
    places: int = 10_000               # found by all detectors together; the largest real template has 6,500
    grid_span: int = 63                # Word's own limit of columns; a reader that believes 200000000 is lost


LIMITS = Limits()
