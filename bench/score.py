"""The parser against hand-made labels: the scorer's table, files per second, peak memory.

``python -m bench.score [--json OUT_DIR]``. The scorer and the labels belong to the corpus, not to the repository.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from templates_app.docx.errors import Refused
from templates_app.docx.jsonio import parse_to_json
from templates_app.docx.parse import parse

from . import corpus


def write_parses(files: Sequence[Path], out: Path) -> float:
    """Seconds for reading and finding fields; writing the JSON is left out."""
    seconds = 0.0
    out.mkdir(parents=True, exist_ok=True)
    for path in files:
        data, started = path.read_bytes(), time.perf_counter()
        try:
            found = parse(data)
        except Refused as error:
            sys.stdout.write(f"refused {path.name}: {error}\n")
            continue
        seconds += time.perf_counter() - started
        (out / f"{path.stem}.json").write_text(json.dumps(parse_to_json(found), ensure_ascii=False), encoding="utf-8")
    return seconds


def run(out: Path) -> int:
    folder, files = corpus.folder(), corpus.templates()
    seconds = write_parses(files, out)
    sys.stdout.flush()
    scorer = [sys.executable, str(folder / "score_parse.py"), str(folder / "labels"), str(out)]
    status = subprocess.run(scorer, check=False).returncode  # noqa: S603
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    speed = len(files) / max(seconds, 1e-9)
    sys.stdout.write(f"speed: {len(files)} templates in {seconds:.2f} s, {speed:.1f} files/s, "
                     f"peak memory {megabytes:.0f} MB\n")
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.score")
    parser.add_argument("--json", type=Path, help="keep the parses in this folder")
    options = parser.parse_args(arguments)
    try:
        if options.json:
            return run(options.json)
        with tempfile.TemporaryDirectory() as folder:
            return run(Path(folder))
    except corpus.NoCorpus as error:
        sys.stdout.write(f"{error}\n")
        return 0


if __name__ == "__main__":
    sys.exit(main())
