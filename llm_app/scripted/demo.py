"""What is answered where no rule fits: always the same, of the shape that was asked for, and labelled as a demo."""

from __future__ import annotations

from typing import Any

from .questions import Question, Tool
from .script import Answer, ToolCall

LABEL = "Demo answer (scripted, no model)"
_QUOTED_CHARACTERS = 200
_CHUNK_SECONDS = 0.02  # a stream is seen to be one
_DEPTH = 12  # of nested objects: a schema may contain itself


def demo_answer(question: Question) -> Answer:
    """An object where a tool or a schema is forced, the call of a tool that is named, the result of one, or text."""
    if forced := next((tool for tool in question.tools if tool.name == question.forced_tool), None):
        return Answer(data=example_object(forced.schema))
    if question.schema is not None:
        return Answer(data=example_object(question.schema))
    if question.answers_tools:
        return _text(f"{LABEL}: the tool says {_quoted(question.last)}")
    if named := _named_tool(question):
        return Answer(tool_calls=(ToolCall(name=named.name, arguments=example_object(named.schema)),))
    return _text(f"{LABEL} to: {_quoted(question.last)}")


def _text(text: str) -> Answer:
    return Answer(text=text, chunk_delay_seconds=_CHUNK_SECONDS)


def _quoted(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= _QUOTED_CHARACTERS else f"{shown[:_QUOTED_CHARACTERS]}…"


def _named_tool(question: Question) -> Tool | None:
    return next((tool for tool in question.tools if tool.name in question.last), None)


def example_object(schema: dict[str, Any]) -> dict[str, Any]:
    """The smallest object that fits a JSON schema of the kind that pydantic writes."""
    example = _example(schema, schema.get("$defs") or {}, 0)
    return example if isinstance(example, dict) else {}


def _example(schema: dict[str, Any], definitions: dict[str, Any], depth: int) -> Any:
    schema = _resolved(schema, definitions)
    if "const" in schema or schema.get("enum"):
        return schema["const"] if "const" in schema else schema["enum"][0]
    match _kind(schema):
        case "object":
            properties = schema.get("properties") or {}
            required = [name for name in schema.get("required") or () if name in properties and depth < _DEPTH]
            return {name: _example(properties[name], definitions, depth + 1) for name in required}
        case "array":
            return [_example(schema.get("items") or {}, definitions, depth + 1)] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", schema.get("maximum", 0))
        case "boolean":
            return False
        case "null":
            return None
    return LABEL[: schema.get("maxLength", len(LABEL))].ljust(schema.get("minLength", 0), ".")


def _resolved(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Behind references and choices: the first that is offered."""
    for _ in range(_DEPTH):
        if reference := schema.get("$ref"):
            schema = definitions.get(reference.rpartition("/")[2]) or {}
        elif options := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            schema = options[0]
        else:
            break
    return schema


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type") or ("object" if "properties" in schema else "string")
    return str(kind[0] if isinstance(kind, list) else kind).lower()  # Gemini writes OBJECT
