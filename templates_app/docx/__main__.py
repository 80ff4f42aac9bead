"""python -m templates_app.docx: parse, fill, preview and revise Word files, each in a bounded child process.

Exit status: 0 read, 3 refused (one JSON line per refused file on standard error: code, message, file), 2 usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import errors
from .limits import LIMITS
from .sandbox import READING, Bounds, Result, run_bounded

REFUSED = 3


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    bounds = Bounds(memory_mb=options.memory_mb, cpu_seconds=options.cpu_seconds)
    run: Callable[[argparse.Namespace, Bounds], int] = options.run
    return run(options, bounds)


def _parser() -> argparse.ArgumentParser:
    limits = argparse.ArgumentParser(add_help=False)
    usual = Bounds()
    limits.add_argument("--memory-mb", type=int, default=usual.memory_mb, help="address space for one file")
    limits.add_argument("--cpu-seconds", type=int, default=usual.cpu_seconds, help="CPU time for one file")
    parser = argparse.ArgumentParser(prog="python -m templates_app.docx", description="Word templates.")
    commands = parser.add_subparsers(required=True)
    parse = commands.add_parser("parse", parents=[limits], help="find sections and fields")
    parse.add_argument("files", nargs="+", type=_file, metavar="FILE")
    parse.add_argument("--progress", action="store_true", help="tell how far it is, JSON lines on standard error")
    parse.add_argument("--json", type=Path, metavar="OUT_DIR", help="write NAME.json for each file")
    parse.set_defaults(run=_run_parse, memory_mb=READING.memory_mb)
    fill = commands.add_parser("fill", parents=[limits], help="put values into the fields")
    fill.add_argument("file", type=_file, metavar="FILE")
    fill.add_argument("data", type=_json, metavar="DATA.json", help='{"key": value} or {"values": {…}, "fields": […]}')
    fill.add_argument("out", type=Path, metavar="OUT.docx")
    fill.add_argument("--report", type=Path, metavar="REPORT.json", help="write where each value stands")
    fill.add_argument("--on-unfilled", choices=("keep", "list", "refuse"), default="list",
                      help="fields without a value: leave them, leave and list them (the default), or fill nothing")
    fill.set_defaults(run=_run_fill)
    preview = commands.add_parser("preview", parents=[limits], help="an HTML page with the fields marked")
    preview.add_argument("file", type=_file, metavar="FILE")
    preview.add_argument("out", type=Path, metavar="OUT.html")
    preview.set_defaults(run=_run_preview)
    _add_revising(commands, limits)
    return parser


def _add_revising(commands: Any, limits: argparse.ArgumentParser) -> None:
    revise = commands.add_parser("revise", parents=[limits], help="propose changes as tracked changes of Word")
    revise.add_argument("file", type=_file, metavar="FILE")
    revise.add_argument("revisions", type=_json, metavar="REVISIONS.json", help='{"revisions": [{"id", "anchor", '
                        '"new_text", "author", "when", "comment", "act": "replace", "insert_after" or "delete"}, …]}')
    revise.add_argument("out", type=Path, metavar="OUT.docx")
    revise.add_argument("--report", type=Path, metavar="REPORT.json", help="write the ids of each revision's changes")
    revise.set_defaults(run=_run_revise)
    changes = commands.add_parser("changes", parents=[limits], help="list the tracked changes, one JSON line each")
    changes.add_argument("file", type=_file, metavar="FILE")
    changes.set_defaults(run=_run_changes)
    for name, what in (("accept", "make tracked changes for good"), ("reject", "undo tracked changes")):
        decide = commands.add_parser(name, parents=[limits], help=what)
        decide.add_argument("file", type=_file, metavar="FILE")
        decide.add_argument("out", type=Path, metavar="OUT.docx")
        decide.add_argument("--ids", type=int, nargs="+", metavar="ID", help="of the changes; all where none is given")
        decide.set_defaults(run=_run_decide, verb=name)


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text} is not a file")
    return path


def _json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(_file(text).read_text(encoding="utf-8"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise argparse.ArgumentTypeError(f"{text} holds no JSON object")
    return data


def _run_parse(options: argparse.Namespace, bounds: Bounds) -> int:
    status = 0
    for file, out in _outputs(options.files, options.json):
        tell = told_on_stderr if options.progress else _untold
        result = run_bounded(lambda file=file, out=out, tell=tell: parse_task(file, out, tell), bounds)  # type: ignore[misc]
        status = max(status, _tell(file, result))
    return status


def _outputs(files: Sequence[Path], folder: Path | None) -> list[tuple[Path, Path | None]]:
    """Each file with the JSON it goes to; files of one name in several folders get numbers."""
    seen: dict[str, int] = {}
    pairs: list[tuple[Path, Path | None]] = []
    for file in files:
        seen[file.stem] = seen.get(file.stem, 0) + 1
        name = file.stem if seen[file.stem] == 1 else f"{file.stem}-{seen[file.stem]}"
        pairs.append((file, folder / f"{name}.json" if folder else None))
    return pairs


def _run_fill(options: argparse.Namespace, bounds: Bounds) -> int:
    def task() -> Result:
        return fill_task(options.file, options.data, options.out, options.report, options.on_unfilled)

    return _tell(options.file, run_bounded(task, bounds))


def _run_preview(options: argparse.Namespace, bounds: Bounds) -> int:
    return _tell(options.file, run_bounded(lambda: preview_task(options.file, options.out), bounds))


def _run_revise(options: argparse.Namespace, bounds: Bounds) -> int:
    def task() -> Result:
        return revise_task(options.file, options.revisions, options.out, options.report)

    return _tell(options.file, run_bounded(task, bounds))


def _run_changes(options: argparse.Namespace, bounds: Bounds) -> int:
    result = run_bounded(lambda: changes_task(options.file), bounds)
    sys.stdout.write(str(result.get("lines", "")))
    return _tell(options.file, result) if "code" in result else 0


def _run_decide(options: argparse.Namespace, bounds: Bounds) -> int:
    def task() -> Result:
        return decide_task(options.verb, options.file, options.out, options.ids)

    return _tell(options.file, run_bounded(task, bounds))


def _tell(file: Path, result: Result) -> int:
    if "code" in result:
        sys.stderr.write(json.dumps({**result, "file": str(file)}, ensure_ascii=False) + "\n")
        return REFUSED
    sys.stdout.write(f"{file}: {result['summary']}\n")
    return 0


def told_on_stderr(percent: int, phase: str, done: int | None, total: int | None) -> None:
    """One JSON line: progress (0 to 100), step, and done of total where known."""
    line = {"progress": percent, "step": phase, "done": done, "total": total}
    sys.stderr.write(json.dumps({key: value for key, value in line.items() if value is not None}) + "\n")
    sys.stderr.flush()


def _untold(percent: int, phase: str, done: int | None, total: int | None) -> None:
    pass


def parse_task(file: Path, out: Path | None, tell: Callable[..., None]) -> Result:
    from .jsonio import parse_to_json
    from .parse import parse

    found = parse(read_bounded(file), tell)
    if out is not None:
        _write(out, json.dumps(parse_to_json(found), ensure_ascii=False).encode())
    sections, places = len(found.outline.sections), sum(len(field.anchors) for field in found.fields)
    return {"summary": f"{sections} sections, {len(found.fields)} fields, {places} places"}


def fill_task(file: Path, data: dict[str, Any], out: Path, report: Path | None, on_unfilled: str) -> Result:
    from .fill import fill
    from .values import OnUnfilled

    content = read_bounded(file)
    if isinstance(data.get("values"), dict) and set(data) <= {"values", "fields"}:
        values, given = data["values"], data.get("fields")
    else:
        values, given = data, None
    fields = _given_fields(given) if given is not None else _parsed_fields(content)
    given_values = {key: _value(value) for key, value in values.items()}
    filled = fill(content, fields, given_values, on_unfilled=OnUnfilled(on_unfilled))
    _write(out, filled.data)
    if report is not None:
        _write(report, json.dumps(fill_report(filled), ensure_ascii=False).encode())
    unfilled = f", {len(filled.unfilled)} fields left: {', '.join(filled.unfilled)}" if filled.unfilled else ""
    return {"summary": f"{len(filled.placed_spans)} places written, {len(filled.skipped)} skipped{unfilled}"}


def preview_task(file: Path, out: Path) -> Result:
    from .parse import parse
    from .preview import preview_page

    found = parse(read_bounded(file))
    _write(out, preview_page(found.outline, found.fields, title=found.outline.title or file.name).encode())
    return {"summary": f"{len(found.fields)} fields marked"}


def revise_task(file: Path, data: dict[str, Any], out: Path, report: Path | None) -> Result:
    from dataclasses import asdict

    from .jsonio import revisions_from_json
    from .revise import revise

    try:
        revisions = revisions_from_json(data["revisions"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.BadRevision("The revisions are not in the form that the help describes.") from error
    revised = revise(read_bounded(file), revisions)
    _write(out, revised.data)
    if report is not None:
        told = {"written": [asdict(item) for item in revised.written], "notes": list(revised.notes)}
        _write(report, json.dumps(told, ensure_ascii=False).encode())
    changes = sum(len(item.changes) for item in revised.written)
    return {"summary": f"{len(revised.written)} revisions written as {changes} tracked changes"}


def changes_task(file: Path) -> Result:
    from dataclasses import asdict

    from .changes import list_changes

    found = list_changes(read_bounded(file))
    return {"lines": "".join(json.dumps(asdict(change), ensure_ascii=False) + "\n" for change in found)}


def decide_task(verb: str, file: Path, out: Path, ids: list[int] | None) -> Result:
    from .changes import accept, reject

    decided = (accept if verb == "accept" else reject)(read_bounded(file), ids)
    _write(out, decided.data)
    left = f", {decided.left} left that only Word can decide" if decided.left else ""
    return {"summary": f"{decided.decided} changes {verb}ed{left}"}


def fill_report(filled: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "placed": [asdict(item) for item in filled.placed_spans],
        "skipped": [asdict(item) for item in filled.skipped],
        "notes": list(filled.notes),
        "unfilled": list(filled.unfilled),
    }


def _given_fields(given: Any) -> Any:
    from .jsonio import fields_from_json

    try:
        return fields_from_json(given)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.FillError("The fields in the data are not in the form that parse writes.") from error


def _parsed_fields(content: bytes) -> Any:
    from .parse import parse

    return parse(content).fields


def _value(value: Any) -> Any:
    """JSON has no bytes: a picture is {"base64": "…"}."""
    import base64
    import binascii

    if not isinstance(value, dict):
        return value
    try:
        return base64.b64decode(value["base64"], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise errors.FillError('A picture is given as {"base64": "…"}.') from error


def read_bounded(file: Path) -> bytes:
    if file.stat().st_size > LIMITS.upload_bytes:
        raise errors.TooLarge
    return file.read_bytes()


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(data)
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
