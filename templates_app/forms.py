"""The forms of this app's pages. They check shapes; what is right is decided by the functions they feed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from templates_app.fields import types_for
from templates_app.models import TemplateField


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
