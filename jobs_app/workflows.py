"""The workflows of this program: functions that say what a job does, by name and version."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from jobs_app.errors import UnknownWorkflow

if TYPE_CHECKING:
    from jobs_app.runs import Run

A = TypeVar("A", bound=BaseModel)
R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Workflow:
    """One version of one workflow. Old versions stay in the code until their jobs are drained."""

    name: str
    version: int
    body: Callable[[Run, Any], Awaitable[BaseModel]]
    arguments: type[BaseModel]
    title: str
    """What it does, for people."""
    expected_seconds: float
    """A first guess at the duration, until past jobs tell."""
    size_argument: str = ""
    """The argument, a whole number, that says how large a job is: jobs of one size take about the same time."""


_registry: dict[tuple[str, int], Workflow] = {}


def workflow(
    name: str,
    *,
    arguments: type[A],
    version: int = 1,
    title: str = "",
    expected_seconds: float = 5.0,
    size_argument: str = "",
) -> Callable[[Callable[[Run, A], Awaitable[R]]], Callable[[Run, A], Awaitable[R]]]:
    """Register a body. It does no I/O and reads no clock or random source: all of that belongs in steps."""

    def register(body: Callable[[Run, A], Awaitable[R]]) -> Callable[[Run, A], Awaitable[R]]:
        if (name, version) in _registry:
            raise ValueError(f"workflow {name} version {version} is registered twice")
        made = Workflow(name, version, body, arguments, title or name, expected_seconds, size_argument)
        _registry[name, version] = made
        return body

    return register


def get_workflow(name: str, version: int) -> Workflow:
    try:
        return _registry[name, version]
    except KeyError:
        raise UnknownWorkflow(f"There is no workflow {name!r} in version {version}.") from None


def workflow_title(name: str) -> str:
    """For people; the name itself when this program does not have the workflow any more."""
    titles = [workflow.title for (known, _), workflow in sorted(_registry.items()) if known == name]
    return titles[-1] if titles else name


def latest_version(name: str) -> int:
    versions = [version for known, version in _registry if known == name]
    if not versions:
        raise UnknownWorkflow(f"There is no workflow {name!r}.")
    return max(versions)


def known_versions() -> dict[str, list[int]]:
    """What this process can run: names with their versions."""
    known: dict[str, list[int]] = {}
    for name, version in sorted(_registry):
        known.setdefault(name, []).append(version)
    return known
