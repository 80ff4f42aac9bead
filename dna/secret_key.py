"""The key that signs sessions and tokens, made once per installation when none is given."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def load_secret_key(home: Path) -> str:
    """The key kept in ``home/secret_key``; made on first use, readable by its owner alone.

    Two processes that start at once get the same key.
    """
    path = home / "secret_key"
    home.mkdir(parents=True, exist_ok=True)
    draft = home / f"secret_key.{os.getpid()}.{secrets.token_hex(4)}"
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)  # unlike a rename, it does not replace the key of a faster process
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
