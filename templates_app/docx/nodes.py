"""Small acts on XML nodes that every part of filling needs: make, detach, find the run around."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

SPACE = "{http://www.w3.org/XML/1998/namespace}space"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"


def make(tag: str, **attributes: str) -> etree._Element:
    """An element in Clark notation; its w: attributes are given by their local names."""
    href = tag[1:].partition("}")[0]
    element = etree.Element(tag, nsmap={"w": href})
    for name, value in attributes.items():
        element.set(f"{{{href}}}{name}", value)
    return element


def detach(node: etree._Element) -> None:
    """Remove a node but not the white space behind it."""
    parent = node.getparent()
    if parent is None:
        return
    if node.tail:
        before = node.getprevious()
        if before is None:
            parent.text = (parent.text or "") + node.tail
        else:
            before.tail = (before.tail or "") + node.tail
        node.tail = None
    parent.remove(node)


def swap(old: etree._Element, new: etree._Element) -> None:
    """Put a node in the place of another one."""
    insert_after(old, new)
    detach(old)


def insert_after(node: etree._Element, *new: etree._Element) -> None:
    """Put new nodes behind one, before the white space that follows it."""
    for element in reversed(new):
        tail, node.tail = node.tail, None
        node.addnext(element)
        element.tail = tail


def ancestor(node: etree._Element, *tags: str, until: etree._Element | None = None) -> etree._Element | None:
    """The nearest element around a node (or the node itself) with one of the tags, inside ``until``."""
    current: etree._Element | None = node
    while current is not None and current is not until:
        if current.tag in tags:
            return current
        current = current.getparent()
    return None


def is_empty_run(run: etree._Element, w: str) -> bool:
    return run.tag == w + "r" and all(child.tag == w + "rPr" for child in run)


def drop_if_empty(run: etree._Element | None, w: str) -> None:
    if run is not None and is_empty_run(run, w):
        detach(run)


def text_nodes(text: str, w: str) -> list[etree._Element]:
    """What a run needs to show a text: w:t, w:br for a line break, w:tab for a tab."""
    nodes, word = [], ""
    for character in text:
        if character not in "\n\t":
            word += character
            continue
        nodes += [plain_text(word, w)] if word else []
        nodes.append(make(w + ("br" if character == "\n" else "tab")))
        word = ""
    return nodes + ([plain_text(word, w)] if word else [])


def plain_text(text: str, w: str) -> etree._Element:
    node = make(w + "t")
    set_text(node, text)
    return node


def set_text(node: etree._Element, text: str) -> None:
    node.text = text
    if text != text.strip() or "  " in text:
        node.set(SPACE, "preserve")


def following(start: etree._Element, inside: etree._Element) -> Iterator[etree._Element]:
    """Every element behind ``start`` in document order, its own children left out, within ``inside``."""
    seen = False
    children = set(start.iterdescendants())
    for node in inside.iter():
        if node is start:
            seen = True
        elif seen and node not in children:
            yield node
