"""The environment, read in this module alone. Every variable stands in ``.env.example``.

Each helper names the variable when its value cannot be used, so that a wrong setting stops the start and not a job.
"""

from __future__ import annotations

import os
from decimal import Decimal, InvalidOperation
from pathlib import Path

from dotenv import load_dotenv

BASE_DIR = Path(__file__).resolve().parent.parent

load_dotenv(BASE_DIR / ".env", override=False)

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_SECRET_ENDINGS = ("_KEY", "_TOKEN", "_SECRET", "PASSWORD")


class EnvironmentValueError(Exception):
    """A variable of the environment has a value that cannot be used."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name}={value!r} cannot be used: {expected}. See .env.example.")


def text(name: str, default: str) -> str:
    """The variable as it stands; an empty one counts as not set."""
    return os.environ.get(name, "").strip() or default


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise EnvironmentValueError(name, value, "a whole number is needed") from None
    if number < minimum:
        raise EnvironmentValueError(name, value, f"it must be at least {minimum}")
    return number


def boolean(name: str, *, default: bool) -> bool:
    value = text(name, "1" if default else "0").lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise EnvironmentValueError(name, value, "use 1 or 0")


def decimal(name: str, default: str) -> Decimal:
    """An amount that is not negative."""
    value = text(name, default)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise EnvironmentValueError(name, value, "an amount such as 5.00 is needed") from None
    if not number.is_finite() or number < 0:
        raise EnvironmentValueError(name, value, "it must be an amount of 0 or more")
    return number


def secret(name: str) -> str:
    """A key whose variable is named in the database, not here; empty when it is not set."""
    return text(name, "")


def secret_values() -> tuple[str, ...]:
    """The values of all variables whose name says that they are secret, ours and other programs'."""
    return tuple(os.environ[name] for name in os.environ if name.endswith(_SECRET_ENDINGS))


def quieten(name: str, value: str) -> None:
    """Tell a library, through the variable it reads, what ours must not leave to its default."""
    os.environ.setdefault(name, value)


def words(name: str, default: str) -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in allowed:
        raise EnvironmentValueError(name, value, f"it must be one of {', '.join(allowed)}")
    return value


def path(name: str, default: Path) -> Path:
    """An absolute path; a relative one is taken from the folder of ``manage.py``."""
    return BASE_DIR / Path(text(name, str(default))).expanduser()


def database_url() -> str:
    """``DATABASE_URL``, or one made of the parts ``DB_HOST``, ``DB_PORT``, ``DB_NAME``, ``DB_USER``, ``DB_PASSWORD``.

    Empty when neither is set: then ``manage.py`` starts the embedded Postgres.
    """
    if url := text("DATABASE_URL", ""):
        return url
    if not (host := text("DB_HOST", "")):
        return ""
    from psycopg.conninfo import make_conninfo

    return make_conninfo(
        host=host,
        port=integer("DB_PORT", 5432),
        dbname=text("DB_NAME", "dna"),
        user=text("DB_USER", "dna"),
        password=text("DB_PASSWORD", ""),
    )


def set_databases(*, app: str, owner: str) -> None:
    """Tell this process and its children which databases to use; called by the launcher of the embedded Postgres."""
    os.environ["DATABASE_URL"] = app
    os.environ["DATABASE_OWNER_URL"] = owner
