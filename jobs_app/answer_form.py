"""A form for a question, made from the JSON schema of its answer: text, numbers, yes or no, choices, one level nested.

What a form cannot show (lists, deeper objects) is typed as JSON. What an answer must be is decided by the schema.
"""

from __future__ import annotations

import json
from typing import Any

from django import forms

from jobs_app.errors import BadAnswer
from jobs_app.models import Question
from jobs_app.questions import check_answer

WHOLE = "answer"
"""Name of the field where the answer is one value and no object."""

Schema = dict[str, Any]
_MISSING = object()


class AnswerForm(forms.Form):
    """``answer`` is the JSON data to give to ``answer_question`` once the form is valid."""

    answer: Any = None

    def __init__(self, question: Question, data: Any = None) -> None:
        super().__init__(data, auto_id=f"q-{question.id}-%s")
        self.question = question
        self._root = _resolved(question.schema, question.schema)
        for path, schema, required in _leaves(self._root, question.schema):
            self.fields[".".join(path) or WHOLE] = _field(path, schema, required, _default(question, path, schema))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors:
            self.answer = self._assembled(values)
            try:
                check_answer(self.question, self.answer)
            except BadAnswer as error:
                self._show(error)
        return values

    def _assembled(self, values: dict[str, Any]) -> Any:
        if WHOLE in self.fields and len(self.fields) == 1 and self._root.get("type") != "object":
            return values[WHOLE]
        answer: dict[str, Any] = {}
        for name, value in values.items():
            if value is None and not self.fields[name].required:
                continue
            *outer, last = name.split(".")
            place = answer
            for key in outer:
                place = place.setdefault(key, {})
            place[last] = value
        return answer

    def _show(self, error: BadAnswer) -> None:
        """Each fault beside its field; one of no field above them all."""
        for fault in error.details["fields"]:
            name = fault["field"] or WHOLE
            shown = next((known for known in self.fields if name == known or name.startswith(f"{known}.")), None)
            self.add_error(shown, fault["message"])


def _resolved(schema: Schema, root: Schema) -> Schema:
    """The schema a reference points at, and of "this or nothing" the this, which then may be left out."""
    while "$ref" in schema:
        found: Any = root
        for key in schema["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        schema = {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
    for word in ("anyOf", "oneOf", "allOf"):
        some = [one for one in schema.get(word, []) if one.get("type") != "null"]
        if len(some) == 1:
            rest = {key: value for key, value in schema.items() if key != word}
            return _resolved({**some[0], **rest}, root)
    return schema


def _leaves(schema: Schema, root: Schema, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Schema, bool]]:
    """Path, schema and whether it must be given, of each value a person types."""
    if schema.get("type") != "object" or not schema.get("properties") or len(path) > 1:
        return [(path, schema, True)]
    found = []
    for name, inner in schema["properties"].items():
        resolved = _resolved(inner, root)
        required = name in schema.get("required", [])
        below = _leaves(resolved, root, (*path, name))
        found += [(leaf, one, required and needed) for leaf, one, needed in below]
    return found


def _field(path: tuple[str, ...], schema: Schema, required: bool, initial: Any) -> forms.Field:
    label = schema.get("title") or (path[-1].replace("_", " ").capitalize() if path else "Your answer")
    common = {"label": label, "help_text": schema.get("description", ""), "required": required, "initial": initial}
    choices = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if choices is not None:
        return _ChoiceField(choices, **common)
    match schema.get("type"):
        case "boolean":
            return forms.BooleanField(**{**common, "required": False})
        case "integer":
            return forms.IntegerField(**common)
        case "number":
            return forms.FloatField(**common)
        case "string":
            widget = forms.TextInput() if schema.get("maxLength", 10_000) <= 200 or path else forms.Textarea()
            return _TextField(widget=widget, strip=False, **common)
    return _JsonField(**common)


class _TextField(forms.CharField):
    def clean(self, value: Any) -> Any:
        return super().clean(value) or (None if not self.required else "")


class _ChoiceField(forms.ChoiceField):
    """Choices keep their JSON type: 1 stays a number."""

    def __init__(self, values: list[Any], **kwargs: Any) -> None:
        self._by_name = {str(value): value for value in values}
        empty = [] if kwargs["required"] else [("", "–")]
        super().__init__(choices=[*empty, *((name, name) for name in self._by_name)], **kwargs)

    def clean(self, value: Any) -> Any:
        name = super().clean(value)
        return self._by_name[name] if name != "" else None


class _JsonField(forms.JSONField):
    """For what has no form of its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "help_text": kwargs["help_text"] or "As JSON."})

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _default(question: Question, path: tuple[str, ...], schema: Schema) -> Any:
    """What stands in the field at first: the question's default, or the schema's."""
    found = question.default if question.has_default else _MISSING
    for key in path:
        found = found.get(key, _MISSING) if isinstance(found, dict) else _MISSING
    return schema.get("default") if found is _MISSING else found
