"""Every odd file, and hostile ones made by code, through the command line's child process: read or refused as is right.

``python -m bench.robustness [FILE …]``; exit 1 when a file takes over 5 s of processor time or 200 MB, the start of the
process among them, or ends in any other way.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import corpus, hostile

MAX_SECONDS, MAX_MB = 5.0, 200.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one file ended: "read", or the code of its refusal, or what went wrong."""

    name: str
    verdict: str
    seconds: float
    megabytes: float
    is_fault: bool


def parse_apart(path: Path, out: Path, *, name: str = "", right: Sequence[str] = ()) -> Outcome:
    """``right``: the only verdicts that are."""
    command = [sys.executable, "-m", "templates_app.docx", "parse", str(path), "--json", str(out)]
    with tempfile.TemporaryFile() as told:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told, cwd=corpus.ROOT)  # noqa: S603
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        said = told.read().decode()
    seconds, megabytes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    verdict, is_fault = _verdict(child.returncode, said)
    is_fault = is_fault or seconds > MAX_SECONDS or megabytes > MAX_MB or bool(right and verdict not in right)
    return Outcome(name or path.name, verdict, seconds, megabytes, is_fault)


def _verdict(status: int, said: str) -> tuple[str, bool]:
    if status == 0 and not said:
        return "read", False
    try:
        answer = json.loads(said)
    except ValueError:
        return f"exit {status}: {said[-200:]}", True
    return f"{answer['code']} {answer.get('detail', '')}".strip(), status != 3 or "detail" in answer


def parse_hostile(folder: Path) -> list[Outcome]:
    subprocess.run([sys.executable, "-m", "bench.hostile", str(folder)], check=True, cwd=corpus.ROOT)  # noqa: S603
    names = json.loads((folder / hostile.NAMES).read_text(encoding="utf-8"))
    known = hostile.hostile_files()
    return [parse_apart(folder / file, folder, name=name, right=known[name].outcomes) for file, name in names.items()]


def show(title: str, outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.is_fault:
            taken = f"{outcome.seconds:.2f} s, {outcome.megabytes:.0f} MB"
            sys.stdout.write(f"FAIL {outcome.name}: {outcome.verdict}, {taken}\n")
    verdicts = Counter(outcome.verdict for outcome in outcomes)
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    largest = max(outcomes, key=lambda outcome: outcome.megabytes)
    sys.stdout.write(f"{title}: {len(outcomes)} files: {', '.join(f'{n} {v}' for v, n in verdicts.most_common())}\n"
                     f"  slowest {slowest.seconds:.2f} s ({slowest.name}), start of the process included\n"
                     f"  largest {largest.megabytes:.0f} MB ({largest.name})\n")


def run(files: Iterable[Path], *, with_hostile: bool) -> int:
    with tempfile.TemporaryDirectory() as folder:
        outcomes = [parse_apart(path, Path(folder)) for path in files]
        show("robustness", outcomes)
        if with_hostile:
            made = parse_hostile(Path(folder))
            show("hostile", made)
            outcomes += made
    return 1 if any(outcome.is_fault for outcome in outcomes) else 0


def main(arguments: Sequence[str] | None = None) -> int:
    names = sys.argv[1:] if arguments is None else arguments
    try:
        return run([Path(name) for name in names] or corpus.odd_files(), with_hostile=not names)
    except corpus.NoCorpus as error:
        sys.stdout.write(f"{error}\n")
        return 0


if __name__ == "__main__":
    sys.exit(main())
