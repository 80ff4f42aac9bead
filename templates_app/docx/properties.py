"""Children of w:pPr and w:rPr in the order the schema wants them."""

from __future__ import annotations

from lxml import etree

from .nodes import detach, make

PARAGRAPH = ("pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
             "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi "
             "adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection "
             "textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange").split()
RUN = ("ins del moveFrom moveTo rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint "
       "noProof snapToGrid vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText "
       "vertAlign rtl cs em lang eastAsianLayout specVanish oMath rPrChange").split()


def paragraph_properties(p: etree._Element, w: str) -> etree._Element:
    """The w:pPr of a paragraph, made where it has none."""
    found = p.find(w + "pPr")
    if found is None:
        found = make(w + "pPr")
        p.insert(0, found)
    return found


def run_properties(run: etree._Element, w: str) -> etree._Element:
    """The w:rPr of a run, made where it has none."""
    found = run.find(w + "rPr")
    if found is None:
        found = make(w + "rPr")
        run.insert(0, found)
    return found


def set_property(parent: etree._Element, w: str, element: etree._Element) -> None:
    """Put one property in its place, instead of the one of its name."""
    old = parent.find(element.tag)
    if old is not None:
        parent.replace(old, element)
        return
    order = PARAGRAPH if parent.tag == w + "pPr" else RUN
    own = order.index(_local(element))
    later = (child for child in parent if _local(child) in order and order.index(_local(child)) > own)
    following = next(later, None)
    if following is None:
        parent.append(element)
    else:
        following.addprevious(element)


def drop_property(parent: etree._Element | None, *tags: str) -> None:
    for child in [child for child in parent if child.tag in tags] if parent is not None else ():
        detach(child)


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]
