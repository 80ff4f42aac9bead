"""The wire formats, each in a module: how it is read, and how answers, streams and refusals are written in it."""

from __future__ import annotations

from . import anthropic, gemini, openai
from .wire import Event, Wire, sse

WIRES: tuple[Wire, ...] = (openai.WIRE, anthropic.WIRE, gemini.WIRE)

__all__ = ["WIRES", "Event", "Wire", "sse"]
