import pytest

from accounts_app.customers import create_customer, get_customer
from accounts_app.errors import BadInput, Conflict, NotFound
from accounts_app.models import AuditEntry, Customer

pytestmark = pytest.mark.django_db


def test_create_customer() -> None:
    customer = create_customer(slug="acme-2", name=" Acme ")
    assert get_customer("acme-2") == customer
    assert customer.name == "Acme"
    assert AuditEntry.objects.get().action == "customer.created"


def test_a_slug_is_taken_once() -> None:
    create_customer(slug="acme", name="Acme")
    with pytest.raises(Conflict, match="acme"):
        create_customer(slug="acme", name="Other")
    assert Customer.objects.get().name == "Acme"
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("slug", ["", "Acme", "a b", "-a", "a--b", "ä", "a" * 51, "a\x00", "a\n"])
def test_bad_slugs_are_refused(slug: str) -> None:
    with pytest.raises(BadInput, match="slug"):
        create_customer(slug=slug, name="x")


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\x00b"])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="name"):
        create_customer(slug="acme", name=name)


def test_an_unknown_customer() -> None:
    with pytest.raises(NotFound, match="nope"):
        get_customer("nope")
