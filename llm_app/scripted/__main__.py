"""python -m llm_app.scripted [--port 8099] [--script FILE]: serve scripted answers until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import suppress
from pathlib import Path

from .provider import serving_provider
from .script import Script, WireName


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m llm_app.scripted", description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--script", type=Path, help="a script in JSON; without one, demo answers are given")
    arguments = parser.parse_args()
    script = Script.model_validate_json(arguments.script.read_bytes()) if arguments.script else Script()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(script, arguments.port))
    return 0


async def _serve(script: Script, port: int) -> None:
    async with serving_provider(script, port=port) as provider:
        for wire in WireName:
            sys.stdout.write(f"{wire}: {provider.base_url(wire)}\n")
        sys.stdout.write("Scripted answers, no model. Ctrl-C stops it.\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
