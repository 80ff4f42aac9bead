"""python -m bench: score, fill check with validity, robustness. Exit 1 when one of them finds a fault."""

from __future__ import annotations

import sys

from . import corpus, fill_check, robustness, score


def main() -> int:
    try:
        corpus.folder()
    except corpus.NoCorpus as error:
        sys.stdout.write(f"{error}\n")
        return 0
    return max(score.main([]), fill_check.main(["--validate"]), robustness.main([]))


if __name__ == "__main__":
    sys.exit(main())
