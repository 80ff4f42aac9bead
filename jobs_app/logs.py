"""The log's one formatter: lines for people or JSON for a log store, with the job at hand and without secrets.

Knows no models: it is loaded before the apps are.
"""

from __future__ import annotations

import contextvars
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

from accounts_app.redaction import redact, redact_data

# In this order: where in the work a record belongs, and figures that a call may add with ``extra=``.
FIELDS = ("job_id", "workflow", "attempt", "step", "status", "duration_ms", "worker_id", "reference")

_bound: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("dna_log_fields", default={})  # noqa: B039


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Every record written inside, in tasks and threads started from here too, carries these fields."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What is known of a record beside its message; what the call itself says goes before what is bound."""
    own = {name: getattr(record, name) for name in FIELDS if getattr(record, name, None) is not None}
    known = {**_bound.get(), **own}
    return {name: known[name] for name in FIELDS if name in known}


class Formatter(logging.Formatter):
    """``form`` is line or json."""

    def __init__(self, form: Literal["line", "json"] = "line") -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self.form = form

    def format(self, record: logging.LogRecord) -> str:
        return self._json(record) if self.form == "json" else redact(self._line(record))

    def _line(self, record: logging.LogRecord) -> str:
        head, _, rest = super().format(record).partition("\n")
        fields = fields_of(record)
        if "job_id" in fields and str(fields["job_id"]) in head:  # most messages name the job
            del fields["job_id"]
        said = " ".join(f"{name}={value}" for name, value in fields.items())
        return "".join([head, f" [{said}]" if said else "", f"\n{rest}" if rest else ""])

    def _json(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **fields_of(record),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(redact_data(entry), ensure_ascii=False, default=lambda value: redact(str(value)))
