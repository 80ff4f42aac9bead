"""The pages of this app."""

from __future__ import annotations

from django.urls import path

from accounts_app import pages

urlpatterns = [
    path("sign-in/", pages.sign_in_page, name="sign_in"),
    path("sign-in/link/<str:uid>/<str:token>/", pages.sign_in_link_page, name="sign_in_link"),
    path("sign-out/", pages.sign_out, name="sign_out"),
    path("account/", pages.account, name="account"),
    path("account/name/", pages.change_name, name="change_name"),
    path("account/password/", pages.change_password, name="change_password"),
    path("account/keys/", pages.create_key, name="create_key"),
    path("account/keys/<uuid:key_id>/revoke/", pages.revoke_key, name="revoke_key"),
    path("account/customer/", pages.switch_customer, name="switch_customer"),
]
