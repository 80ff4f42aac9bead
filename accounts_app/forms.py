"""The forms of this app's pages. They check shapes; what is right is decided by the functions they feed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms

from accounts_app.errors import DnaError
from accounts_app.models import User


@contextmanager
def form_errors() -> Iterator[None]:
    """Inside ``clean…``: an error of ours is shown by the form."""
    try:
        yield
    except DnaError as error:
        raise forms.ValidationError(error.user_message) from error


class SignInForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        strip=False, max_length=4096, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class NameForm(forms.Form):
    name = forms.CharField(
        label="Your name", max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class PasswordForm(forms.Form):
    """Asks for the current password, except where there is none or a sign-in link stood in for it."""

    current_password = forms.CharField(
        strip=False, max_length=4096, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    new_password = forms.CharField(
        strip=False,
        max_length=4096,
        help_text="At least 8 characters, and nothing that everybody uses.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    repeated_password = forms.CharField(
        label="New password again",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, by_link: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if by_link or not user.has_usable_password():
            del self.fields["current_password"]

    def clean_current_password(self) -> str:
        password: str = self.cleaned_data["current_password"]
        if not self.user.check_password(password):
            raise forms.ValidationError("This is not your current password.")
        return password

    def clean_repeated_password(self) -> str:
        password: str = self.cleaned_data["repeated_password"]
        if password != self.cleaned_data.get("new_password", password):
            raise forms.ValidationError("The two passwords are not the same.")
        return password


class KeyForm(forms.Form):
    name = forms.CharField(
        label="Name of the new key",
        max_length=100,
        help_text="What will use it, for example “import script”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "key_%s")  # the page has another field called name
        super().__init__(*args, **kwargs)
