"""A new installation: tables, a first customer with an administrator, and one sample template being parsed."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction

from accounts_app.access import actor_for
from accounts_app.choices import Role
from accounts_app.customers import create_customer
from accounts_app.members import create_user
from accounts_app.models import Customer, User
from accounts_app.tokens import sign_in_link
from templates_app.sample import SAMPLE_FILENAME, SAMPLE_NAME, SAMPLE_STANDARD, sample_template
from templates_app.templates import upload_template

FIRST_CUSTOMER_SLUG, FIRST_CUSTOMER_NAME = "my-organisation", "My organisation"


def prepare_installation(*, say: Callable[[str], object]) -> None:
    """Bring the tables up to date; where nobody has an account yet, make the first ones. Safe to run again."""
    call_command("migrate", verbosity=0, interactive=False)
    if User.objects.exists() or Customer.objects.exists():
        return
    with transaction.atomic():
        customer = create_customer(slug=FIRST_CUSTOMER_SLUG, name=FIRST_CUSTOMER_NAME)
        user = create_user(email=settings.ADMIN_EMAIL, customer=customer, role=Role.MANAGER, is_staff=True)
        _upload_sample(user, customer)
    say(f"Made the customer “{customer.name}” ({customer.slug}) and the administrator {user.email}.")


def _upload_sample(user: User, customer: Customer) -> None:
    upload_template(
        actor=actor_for(user, door="command"),
        customer_id=customer.id,
        file=SimpleUploadedFile(SAMPLE_FILENAME, sample_template()),
        name=SAMPLE_NAME,
        standard=SAMPLE_STANDARD,
    )


def first_sign_in_link() -> str | None:
    """A link for the administrator until they have set a password; after that they sign in like everybody."""
    user = User.objects.filter(email=settings.ADMIN_EMAIL, is_superuser=True).first()
    return sign_in_link(user) if user is not None and user.is_active and not user.has_usable_password() else None
