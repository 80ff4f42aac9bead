"""Pages: sign in and out, one's own account."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts_app import api_keys, members
from accounts_app.access import Actor
from accounts_app.errors import DnaError
from accounts_app.forms import KeyForm, NameForm, PasswordForm, SignInForm
from accounts_app.http import SESSION_CUSTOMER, actor_of
from accounts_app.models import Customer
from accounts_app.page_access import page_login_required
from accounts_app.sign_in import came_by_link, password_was_set, sign_in, sign_in_by_link


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        if getattr(request, "actor", None):
            return redirect(_next_url(request))
        return _sign_in_form(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _sign_in_form(request, form, status=422)
    try:
        sign_in(request, email=form.cleaned_data["email"], password=form.cleaned_data["password"])
    except DnaError as error:
        return _sign_in_form(request, form, problem=error.user_message, status=error.http_status)
    return redirect(_next_url(request))


@never_cache
@require_GET  # a HEAD, as mail programs send it, does not use the link up
def sign_in_link_page(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    try:
        sign_in_by_link(request, uid=uid, token=token)
    except DnaError as error:
        if getattr(request, "actor", None):  # the link's second click, by whom the first has signed in
            return redirect(_next_url(request))
        return _sign_in_form(request, SignInForm(), problem=error.user_message, status=error.http_status)
    return redirect(_next_url(request))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(resolve_url(settings.LOGOUT_REDIRECT_URL or "/"))


@require_GET
@page_login_required
def account(request: HttpRequest) -> HttpResponse:
    return _account_page(request)


@require_POST
@page_login_required
def change_name(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _account_page(request, name_form=form)
    actor = actor_of(request)
    members.rename_user(actor.user, form.cleaned_data["name"], actor=actor)
    messages.success(request, "Your name is saved.")
    return redirect("account")


@sensitive_post_parameters()
@require_POST
@page_login_required
def change_password(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form = PasswordForm(request.POST, user=actor.user, by_link=came_by_link(request))
    if form.is_valid():
        try:
            members.set_password(actor.user, form.cleaned_data["new_password"], actor=actor)
        except DnaError as error:
            form.add_error("new_password", error.user_message)
    if not form.is_valid():
        return _account_page(request, password_form=form)
    password_was_set(request, actor.user)
    messages.success(request, "Your password is changed. All your other sessions have ended.")
    return redirect("account")


@never_cache
@require_POST
@page_login_required
def create_key(request: HttpRequest) -> HttpResponse:
    """Answers with the page itself: the key is nowhere kept, so a redirect could not show it."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _account_page(request, key_form=form)
    actor = actor_of(request)
    customer = Customer.objects.get(pk=actor.customer_id())
    try:
        _, secret = api_keys.create_api_key(
            user=actor.user, customer=customer, name=form.cleaned_data["name"], actor=actor
        )
    except DnaError as error:
        form.add_error("name", error.user_message)
        return _account_page(request, key_form=form)
    return _account_page(request, new_key=secret)


@require_POST
@page_login_required
def revoke_key(request: HttpRequest, key_id: uuid.UUID) -> HttpResponse:
    api_keys.revoke_own_key(actor_of(request), key_id)
    messages.success(request, "The key is revoked.")
    return redirect("account")


@require_POST
@page_login_required
def switch_customer(request: HttpRequest) -> HttpResponse:
    """Act for another of the user's customers from now on, in this session."""
    customer_id = actor_of(request).customer_id(request.POST.get("customer"))
    request.session[SESSION_CUSTOMER] = str(customer_id)
    return redirect(_next_url(request))


def _next_url(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def _sign_in_form(request: HttpRequest, form: SignInForm, *, problem: str = "", status: int = 200) -> HttpResponse:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    context = {"form": form, "problem": problem, "next": wanted}
    return render(request, "accounts_app/sign_in.html", context, status=status)


def _account_page(request: HttpRequest, *, new_key: str = "", **bound_forms: Any) -> HttpResponse:
    """The whole page; a form that was filled in wrongly stands in it with its errors, and makes it a 422."""
    actor = actor_of(request)
    context: dict[str, Any] = _account_forms(actor, by_link=came_by_link(request)) | bound_forms
    context |= {"keys": api_keys.keys_of(actor), "new_key": new_key}
    return render(request, "accounts_app/account.html", context, status=422 if bound_forms else 200)


def _account_forms(actor: Actor, *, by_link: bool) -> dict[str, Any]:
    return {
        "name_form": NameForm(initial={"name": actor.user.name}),
        "password_form": PasswordForm(user=actor.user, by_link=by_link),
        "key_form": KeyForm(),
    }
