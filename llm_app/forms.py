"""Forms of this app."""

from __future__ import annotations

from django import forms


class PeriodForm(forms.Form):
    """A period of days, and for staff a customer; each may be left out."""

    first = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))
    customer = forms.SlugField(required=False, widget=forms.HiddenInput)
