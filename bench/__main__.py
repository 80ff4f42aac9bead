"""python -m bench: score, fill check with validity, robustness. Exit 1 when one of them finds a fault.

Each in a process of its own: a child's peak memory is never less than that of the process it was forked from.
"""

from __future__ import annotations

import subprocess
import sys

from . import corpus

MEASUREMENTS = (("bench.score",), ("bench.fill_check", "--validate"), ("bench.robustness",))


def main() -> int:
    try:
        corpus.folder()
    except corpus.NoCorpus as error:
        sys.stdout.write(f"{error}\n")
        return 0
    return max(_measure(*arguments) for arguments in MEASUREMENTS)


def _measure(*arguments: str) -> int:
    sys.stdout.flush()
    return subprocess.run([sys.executable, "-m", *arguments], check=False, cwd=corpus.ROOT).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
