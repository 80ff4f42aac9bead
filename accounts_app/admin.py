"""The admin of this app. What changes somebody's access goes through the functions the other doors use."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts_app import api_keys, customers, members
from accounts_app.access import record_audit
from accounts_app.choices import Role
from accounts_app.errors import NotAllowed
from accounts_app.forms import form_errors
from accounts_app.http import actor_of
from accounts_app.models import ApiKey, AuditEntry, Customer, Membership, User


def _sign_in_for_admin(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The site's own sign-in, which limits guessing; the admin's would be a way around it."""
    if request.user.is_authenticated:
        raise NotAllowed("The administration is for staff only.")
    back = request.GET.get("next") or resolve_url("admin:index")
    return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}")


admin.site.login = _sign_in_for_admin  # type: ignore[method-assign]
admin.site.unregister(Group)  # roles are memberships; staff may do everything


class AuditedAdmin(ModelAdmin):
    """Writes down who changed what."""

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        super().save_model(request, obj, form, change)
        verb = "changed" if change else "created"
        record_audit(actor_of(request), f"{obj._meta.model_name}.{verb}", obj, fields=form.changed_data)


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    fields = ("user", "customer", "role")
    autocomplete_fields = ("user", "customer")


class MembershipsAdmin(AuditedAdmin):
    """Of a customer or a user, with the memberships in a table below.

    Nothing is deleted here: users are suspended, customers archived; erasing takes the jobs and files along.
    """

    inlines = (MembershipInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_formset(self, request: HttpRequest, form: ModelForm[Any], formset: Any, change: bool) -> None:
        actor = actor_of(request)
        formset.save(commit=False)
        for membership in formset.deleted_objects:
            members.remove_member(membership, actor=actor)
        for membership in formset.new_objects:
            membership.save()
            record_audit(actor, "member.added", membership, user=membership.user.email, role=membership.role)
        for membership, changed_fields in formset.changed_objects:
            membership.save()
            record_audit(actor, "member.changed", membership, fields=changed_fields, role=membership.role)


class NewUserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        with form_errors():
            return members.clean_email(self.cleaned_data["email"])


class ChangedUserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"

    def clean_email(self) -> str:
        with form_errors():
            return members.clean_email(self.cleaned_data["email"])


@admin.register(User)
class UserAdmin(MembershipsAdmin, BaseUserAdmin):  # type: ignore[type-arg,misc]
    form = ChangedUserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "status", "is_staff", "last_login")
    list_filter = ("status", "is_staff")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("preferences", "last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Access", {"fields": ("status", "is_staff", "is_superuser", "email_verified_at")}),
        ("More", {"fields": ("preferences", "last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        response: HttpResponse = super().user_change_password(request, id, form_url)
        user = self.get_object(request, id)
        if request.method == "POST" and response.status_code == 302 and user is not None:
            record_audit(actor_of(request), "user.password_set", user)
        return response


class CustomerForm(ModelForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = Customer
        fields = ("slug", "name", "plan", "archived_at")

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        with form_errors():
            customers.check_slug(slug)
        return slug


@admin.register(Customer)
class CustomerAdmin(MembershipsAdmin):
    form = CustomerForm
    list_display = ("name", "slug", "plan", "created_at", "archived_at")
    list_filter = ("plan",)
    search_fields = ("name", "slug")
    readonly_fields = ("created_at",)
    fields = ("slug", "name", "plan", "archived_at", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Customer | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields


@admin.register(Membership)
class MembershipAdmin(AuditedAdmin):
    list_display = ("user", "customer", "role", "created_at")
    list_filter = ("role", "customer")
    list_select_related = ("user", "customer")
    search_fields = ("user__email", "customer__name")
    autocomplete_fields = ("user", "customer")
    readonly_fields = ("created_at",)

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "user", "customer") if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Membership, form: ModelForm[Membership], change: bool) -> None:
        if change:
            members.change_role(obj, Role(obj.role), actor=actor_of(request))
        else:
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        members.remove_member(obj, actor=actor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for membership in queryset.select_related("user"):
            self.delete_model(request, membership)


class ApiKeyForm(ModelForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = ApiKey
        fields = ("user", "customer", "name")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.instance.created_at is None and {"user", "customer", "name"} <= values.keys():
            with form_errors():
                api_keys.check_new_key(values["user"], values["customer"], values["name"])
        return values


@admin.register(ApiKey)
class ApiKeyAdmin(AuditedAdmin):
    """Made and revoked, never edited: what a key opens does not change in its life."""

    form = ApiKeyForm
    list_display = ("__str__", "user", "customer", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("customer",)
    list_select_related = ("user", "customer")
    search_fields = ("name", "prefix", "user__email")
    autocomplete_fields = ("user", "customer")
    actions = ("revoke",)
    fields = ("user", "customer", "name", "prefix", "created_at", "last_used_at", "expires_at", "revoked_at")

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return self.fields if obj else ("user", "customer", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return tuple(name for name in self.fields if name != "name") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False  # a revoked key stays on record

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm[ApiKey], change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        key, secret = api_keys.create_api_key(
            user=obj.user, customer=obj.customer, name=obj.name, actor=actor_of(request)
        )
        obj.pk, obj.prefix, obj.digest = key.pk, key.prefix, key.digest
        messages.warning(request, f"The key, shown this once: {secret}")

    @admin.action(description="Revoke the selected keys")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            api_keys.revoke_api_key(key, actor=actor_of(request))
        messages.success(request, "The keys are revoked.")


@admin.register(AuditEntry)
class AuditEntryAdmin(ModelAdmin):
    list_display = ("created_at", "actor_name", "action", "subject_type", "subject_id")
    list_filter = ("action", "subject_type")
    search_fields = ("actor_name", "action", "subject_id")
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False
