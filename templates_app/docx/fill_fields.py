"""Word's fields filled: merge fields and prompts replaced whole, form fields and properties kept with a new result."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from .fill_text import Stand, new_run
from .nodes import ancestor, detach, drop_if_empty, insert_after, make, text_nodes
from .structures import Structure
from .text import node_text


def replace_field(p: etree._Element, w: str, structure: Structure, text: str) -> Stand:
    """The value instead of the whole field, looking as the field's result did."""
    nodes = text_nodes(text, w)
    if structure.node.tag == w + "fldSimple":
        _unwrap_simple(structure.node, w, nodes)
    else:
        leaves = _leaves(p, w, structure.node, structure.stop)
        shown = next((leaf for leaf in leaves if node_text(leaf, w)), _prompt(leaves, w))
        shown.addprevious(first := make(w + "t"))
        insert_after(first, *nodes)
        _drop([first, *leaves], w)
    return Stand(structure.start, structure.start + len(text), nodes)


def remove_field(p: etree._Element, w: str, structure: Structure, keep: Sequence[etree._Element]) -> None:
    """Take away a field whose text was part of a longer span that now holds a value."""
    if structure.node.tag != w + "fldSimple":
        _drop([leaf for leaf in _leaves(p, w, structure.node, structure.stop) if leaf not in keep], w)


def replace_result(p: etree._Element, w: str, structure: Structure, text: str) -> Stand:
    """The field stays and shows the value."""
    nodes = text_nodes(text, w)
    if structure.node.tag == w + "fldSimple":
        leaves = _run_contents(structure.node, w)
        if not leaves:
            structure.node.append(new_run(w, None, nodes))
    else:
        separate = structure.separate if structure.separate is not None else _add_separate(structure, w)
        leaves = [leaf for leaf in _leaves(p, w, separate, structure.stop) if leaf not in (separate, structure.stop)]
        if not leaves:
            _insert_result(separate, w, nodes)
    if leaves:
        shown = next((leaf for leaf in leaves if node_text(leaf, w)), leaves[0])
        insert_after(shown, *nodes)
        _drop(leaves, w)
    return Stand(structure.start, structure.start + len(text), nodes)


def tick_form_checkbox(structure: Structure, w: str, *, checked: bool) -> None:
    box = structure.node.find(f"{w}ffData/{w}checkBox")
    if box is None:
        return
    state = box.find(w + "checked")
    if state is None:
        state = make(w + "checked")
        box.append(state)
    state.set(w + "val", "1" if checked else "0")


def form_entries(structure: Structure, w: str) -> list[str]:
    entries = structure.node.findall(f"{w}ffData/{w}ddList/{w}listEntry")
    return [entry.get(w + "val") or "" for entry in entries]


def choose_form_entry(structure: Structure, w: str, index: int) -> None:
    entries = structure.node.find(f"{w}ffData/{w}ddList")
    if entries is None:
        return
    result = entries.find(w + "result")
    if result is None:
        result = make(w + "result")
        entries.insert(0, result)
    result.set(w + "val", str(index))



def _prompt(leaves: list[etree._Element], w: str) -> etree._Element:
    """Where a field without a result shows itself: MACROBUTTON keeps its prompt in the code."""
    return next((leaf for leaf in leaves if leaf.tag == w + "instrText" and (leaf.text or "").strip()), leaves[0])


def _unwrap_simple(simple: etree._Element, w: str, nodes: list[etree._Element]) -> None:
    run = next((child for child in simple.iter(w + "r")), None)
    look = run.find(w + "rPr") if run is not None else None
    insert_after(simple, new_run(w, look, nodes))
    detach(simple)


def _leaves(p: etree._Element, w: str, begin: etree._Element, stop: etree._Element | None) -> list[etree._Element]:
    """Contents of runs from one field character to another, both included; to the paragraph's end without ``stop``."""
    found: list[etree._Element] = []
    for leaf in _run_contents(p, w):
        if leaf is begin or found:
            found.append(leaf)
        if leaf is stop:
            break
    return found


def _run_contents(parent: etree._Element, w: str) -> list[etree._Element]:
    """Of a paragraph or a field in it; paragraphs within it and text deleted under revision are none of its own."""
    own = ancestor(parent, w + "p")
    around = (w + "p", w + "del", w + "moveFrom")
    return [leaf for run in parent.iter(w + "r") if next(run.iterancestors(*around), None) is own for leaf in run
            if isinstance(leaf.tag, str) and leaf.tag != w + "rPr"]


def _drop(leaves: Sequence[etree._Element], w: str) -> None:
    for leaf in leaves:
        run = leaf.getparent()
        detach(leaf)
        drop_if_empty(run, w)


def _add_separate(structure: Structure, w: str) -> etree._Element:
    """A field that never had a result gets the mark behind which it stands."""
    separate = make(w + "fldChar", fldCharType="separate")
    end = structure.stop if structure.stop is not None else structure.node
    run = ancestor(end, w + "r")
    look = run.find(w + "rPr") if run is not None else None
    if run is not None and structure.stop is not None and end.getprevious() in (None, look):
        run.addprevious(new_run(w, look, [separate]))
    else:
        end.addprevious(separate)
    return separate


def _insert_result(separate: etree._Element, w: str, nodes: list[etree._Element]) -> None:
    run = ancestor(separate, w + "r")
    if run is not None and separate.getnext() is None:
        insert_after(run, new_run(w, run.find(w + "rPr"), nodes))
    else:
        insert_after(separate, *nodes)
