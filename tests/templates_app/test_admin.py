"""The admin of templates: every list and page opens for staff, writes go through the functions of all doors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts_app.access import Actor
from accounts_app.models import AuditEntry, User
from templates_app.documents import create_document
from templates_app.facts import state_fact
from templates_app.matching import link_fact
from templates_app.models import Batch, Draft, Template

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(signed_in: Callable[[User], Client], staff: User) -> Client:
    return signed_in(staff)


MODELS = ["template", "templatesection", "templatefield", "document", "fact", "factlink", "draft", "batch"]


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_pages_open_and_change_nothing(office: Client, template: Template, actor: Actor, model: str) -> None:
    document = create_document(actor=actor, template_id=template.id, name="x", values={})
    fact = state_fact(actor=actor, customer_id=template.customer_id, key="supplier_count", value="3")
    link_fact(template.id, "remarks", fact.key, actor=actor)
    rows = {
        "template": template,
        "document": document,
        "templatesection": template.sections.first(),
        "fact": fact,
        "factlink": template.fact_links.get(),
        "draft": Draft.objects.create(customer=template.customer, document=document, field_key="x", label="X"),
        "batch": Batch.objects.create(customer=template.customer, template=template, name="Batch"),
    }
    row = rows.get(model) or template.fields.first()
    assert row is not None
    base = f"/admin/templates_app/{model}/"
    assert office.get(base).status_code == 200 and office.get(f"{base}?q=supplier").status_code == 200
    assert office.get(f"{base}{row.pk}/change/").status_code == 200
    assert office.get(f"{base}add/").status_code == 403
    assert office.post(f"{base}{row.pk}/change/", {"name": "x"}).status_code == 403
    assert office.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_archive_restore_and_read_again(office: Client, template: Template, staff: User) -> None:
    for action, name in (
        ("archive", "template.archived"),
        ("restore", "template.restored"),
        ("read_again", "template.reparsed"),
    ):
        form = {"action": action, "_selected_action": str(template.id)}
        assert office.post("/admin/templates_app/template/", form).status_code == 302
        assert AuditEntry.objects.filter(action=name, actor_id=staff.id).exists()


def test_the_admin_is_for_staff(client_of_manager: Client) -> None:
    assert client_of_manager.get("/admin/templates_app/template/").status_code in (302, 403)
