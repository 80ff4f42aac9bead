"""Lists of Word for the lists of a text: their definitions in the numbering part, added where they are not yet."""

from __future__ import annotations

import posixpath

from lxml import etree

from .draft import Draft
from .markdown import LIST_LEVELS, Block
from .nodes import make
from .package_parts import add_override_type, relate
from .properties import paragraph_properties, set_property
from .styles import whole

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"
STEP_TWIPS = 360                       # how far each level is indented, and its mark hangs
BULLETS, NUMBERS = "5D4E4101", "5D4E4102"  # w:nsid of our two definitions, by which a second fill finds them
MARKS = ("\u2022", "\u2013")
FIRST = "abstractNum numPicBullet".split()


class Lists:
    """The lists of one text. Items of one list have one w:num; each numbered list its own, and so its own count."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.open: dict[int, str] = {}  # the list that stands open at each level

    def make_item(self, p: etree._Element, w: str, block: Block) -> None:
        """Make a paragraph an item of its list."""
        level = block.level or 0
        if block.is_first:
            self.open[level] = self._new_list(level, block.number)
        properties = paragraph_properties(p, w)
        numbering = make(w + "numPr")
        numbering.append(make(w + "ilvl", val=str(level)))
        numbering.append(make(w + "numId", val=self.open[level]))
        set_property(properties, w, numbering)
        _indent(properties, w, level)

    def _new_list(self, level: int, number: int | None) -> str:
        root = numbering_root(self.draft)
        w = root.tag.rpartition("}")[0] + "}"
        abstract = _abstract(root, w, NUMBERS if number is not None else BULLETS)
        if number is None:
            known = next((num for num in root.findall(w + "num") if _points_to(num, w, abstract)), None)
            if known is not None:
                return known.get(w + "numId") or ""
        return _add_num(root, w, abstract, level, number)


def numbering_root(draft: Draft) -> etree._Element:
    """The numbering part's tree, about to be changed; the part is made where the file has none."""
    main = draft.package.main_part
    part = draft.package.related(main, "numbering")
    if part is not None:
        draft.touch(part)
        return draft.root(part)
    part = posixpath.join(posixpath.dirname(main), "numbering.xml")
    root = draft.touched(part)
    if root is None:
        root = make(draft.w(main) + "numbering")
        draft.put(part, root)
        add_override_type(draft, part, CONTENT_TYPE)
        relate(draft, main, "numbering", part)
    return root


def _indent(properties: etree._Element, w: str, level: int) -> None:
    """An indentation of the place's own would win over the list's: the list goes on from there."""
    own = properties.find(w + "ind")
    if own is None:
        return
    left = whole(own.get(w + "left") or own.get(w + "start")) or 0
    set_property(properties, w, make(w + "ind", left=str(left + STEP_TWIPS * (level + 1)), hanging=str(STEP_TWIPS)))


def _abstract(root: etree._Element, w: str, nsid: str) -> str:
    """The id of our definition of bullets or numbers."""
    for known in root.findall(w + "abstractNum"):
        own = known.find(w + "nsid")
        if own is not None and own.get(w + "val") == nsid:
            return known.get(w + "abstractNumId") or ""
    number = str(_next(root.findall(w + "abstractNum"), w + "abstractNumId"))
    element = make(w + "abstractNum", abstractNumId=number)
    element.append(make(w + "nsid", val=nsid))
    element.append(make(w + "multiLevelType", val="hybridMultilevel"))
    element.extend(_level(w, at, bullets=nsid == BULLETS) for at in range(LIST_LEVELS))
    before = [child for child in root if str(child.tag).rpartition("}")[2] in FIRST]
    root.insert(root.index(before[-1]) + 1 if before else 0, element)
    return number


def _level(w: str, at: int, *, bullets: bool) -> etree._Element:
    level = make(w + "lvl", ilvl=str(at))
    level.append(make(w + "start", val="1"))
    level.append(make(w + "numFmt", val="bullet" if bullets else "decimal"))
    level.append(make(w + "lvlText", val=MARKS[at % len(MARKS)] if bullets else f"%{at + 1}."))
    level.append(make(w + "lvlJc", val="left"))
    properties = make(w + "pPr")
    properties.append(make(w + "ind", left=str(STEP_TWIPS * (at + 1)), hanging=str(STEP_TWIPS)))
    level.append(properties)
    return level


def _add_num(root: etree._Element, w: str, abstract: str, level: int, number: int | None) -> str:
    """A list of its own; one that is numbered starts with the number it was written with."""
    nums = root.findall(w + "num")
    own = str(max(1, _next(nums, w + "numId")))
    element = make(w + "num", numId=own)
    element.append(make(w + "abstractNumId", val=abstract))
    if number is not None:
        override = make(w + "lvlOverride", ilvl=str(level))
        override.append(make(w + "startOverride", val=str(number)))
        element.append(override)
    before = nums or root.findall(w + "abstractNum")
    root.insert(root.index(before[-1]) + 1, element)
    return own


def _points_to(num: etree._Element, w: str, abstract: str) -> bool:
    found = num.find(w + "abstractNumId")
    return found is not None and found.get(w + "val") == abstract and num.find(w + "lvlOverride") is None


def _next(elements: list[etree._Element], name: str) -> int:
    return max((whole(element.get(name)) or 0 for element in elements), default=-1) + 1
