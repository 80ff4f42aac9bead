"""The forms of this app's pages. They check shapes; what is right is decided by the functions they feed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from templates_app.choices import FACT_TYPES, FieldType
from templates_app.errors import BadFact
from templates_app.fields import types_for
from templates_app.models import Fact, TemplateField
from templates_app.tables import typed
from templates_app.values import WrongValue, kept_picture


class FieldForm(forms.Form):
    """What may be changed of a field."""

    label = forms.CharField(max_length=500, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    type = forms.ChoiceField()
    options = forms.CharField(
        required=False, help_text="One per line.", widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"})
    )
    hint = forms.CharField(
        max_length=2000, required=False, help_text="Shown beside the field when somebody fills it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    required = forms.BooleanField(required=False, label="Must be filled")

    def __init__(self, data: QueryDict | None, *, field: TemplateField) -> None:
        initial = {name: getattr(field, name) for name in ("label", "type", "hint", "required")}
        initial["options"] = "\n".join(field.options)
        super().__init__(data, initial=initial, auto_id=f"{field.key}-%s")
        self.fields["type"].choices = [(kind.value, kind.label) for kind in types_for(field)]  # type: ignore[attr-defined]

    def changes(self) -> dict[str, Any]:
        """For ``edit_field``; options only where the type has them."""
        values = dict(self.cleaned_data)
        options = [line.strip() for line in values.pop("options").splitlines() if line.strip()]
        return values | ({"options": options} if values["type"] == "choice" else {})


class FactForm(forms.Form):
    """One fact: a new one, where its label may be anything, or another value for one that is there."""

    label = forms.CharField(
        max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off", "list": "often-asked"}),
        help_text="What it is called; any of the usual names in any language will do.",
    )
    type = forms.ChoiceField(required=False, choices=[("", "As its label says")] + [(t, t.label) for t in FACT_TYPES])
    value = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}))
    picture = forms.FileField(required=False)
    source = forms.CharField(
        required=False, max_length=500, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Where it is from: a letterhead, a register, a conversation.",
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile[Any]] | None = None,
        *,
        fact: Fact | None = None,
    ) -> None:
        self.fact = fact
        initial = {"label": fact.label, "type": fact.type, "source": fact.source} if fact else {}
        super().__init__(data, files, initial=initial | {"value": _typed_out(fact.value)} if fact else initial)
        if fact is not None:
            del self.fields["type"]

    @property
    def kind(self) -> str:
        """Of the fact that is there."""
        return self.fact.type if self.fact else ""

    def given(self) -> dict[str, Any]:
        """For ``state_fact``. Raises ``BadFact`` for a picture that is none."""
        values = dict(self.cleaned_data)
        kind = self.kind or values.get("type", "")
        value: Any = typed(values["value"].strip(), is_checkbox=kind == FieldType.CHECKBOX)
        if (picture := values.pop("picture")) is not None:
            try:
                value = kept_picture(picture.read())
            except WrongValue as wrong:
                raise BadFact(str(wrong), field="value") from None
        return values | {"key": self.fact.key if self.fact else "", "type": kind, "value": value}


def _typed_out(value: Any) -> str:
    """As it would be typed; of a picture nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if isinstance(value, dict) else str(value)
