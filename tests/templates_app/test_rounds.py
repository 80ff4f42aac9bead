"""One template, a document for each of several customers: each of its own copy, out of its own facts."""

from __future__ import annotations

import csv
import io
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client

from accounts_app.access import Actor, actor_for
from accounts_app.choices import Role
from accounts_app.errors import BadInput, NotAllowed, NotFound, TooLarge
from accounts_app.members import add_member
from accounts_app.models import AuditEntry, Customer, User
from jobs_app.choices import JobStatus
from jobs_app.erasing import erase_customer
from jobs_app.models import Artifact
from templates_app import rounds, templates
from templates_app.choices import Author, VersionKind
from templates_app.documents import Wishes
from templates_app.errors import NobodyServed, NothingMade
from templates_app.facts import check_fact, state_facts
from templates_app.fields import edit_field
from templates_app.matching import link_fact
from templates_app.models import Document, Template
from templates_app.rounds import candidates, make_round, zipped_round
from templates_app.sample import sample_template
from templates_app.templates import reparse_template, replace_file, search_templates
from tests.templates_app.test_api import API, error_of
from tests.templates_app.test_generation import work

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = ["acme", "globex"]


@pytest.fixture
def consultant(editor: User, other_customer: Customer) -> Actor:
    """An editor for both customers."""
    add_member(user=editor, customer=other_customer, role=Role.EDITOR)
    return actor_for(editor)


@pytest.fixture(autouse=True)
def _facts(customer: Customer, other_customer: Customer) -> None:
    for owner, name in ((customer, "Acme Ltd"), (other_customer, "Globex Inc")):
        fact = check_fact(key="company_name", value=name)
        state_facts([fact], customer_id=owner.id, author=Author.IMPORT, actor=None)


def report_of(data: bytes) -> tuple[set[str], list[list[str]]]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = set(package.namelist())
        return names - {"report.csv"}, list(csv.reader(io.StringIO(package.read("report.csv").decode("utf-8-sig"))))


def test_each_customer_gets_a_copy_and_its_document(template: Template, consultant: Actor) -> None:
    edit_field(template.id, "company_name", actor=consultant, changes={"required": True})
    made = make_round(actor=consultant, template_id=template.id, customers=[*BOTH, "acme"], name="Manual")
    assert not made.refused and [one.customer.slug for one in made.documents] == BOTH
    with pytest.raises(NothingMade):
        zipped_round(made.id, actor=consultant)
    work()
    documents = Document.objects.filter(round=made.id).select_related("template", "customer", "file")
    assert {one.customer.slug: one.values for one in documents} == {
        "acme": {"company_name": "Acme Ltd"}, "globex": {"company_name": "Globex Inc"},
    }
    for one in documents:
        assert one.template.customer_id == one.customer_id
        assert one.file is not None and one.file.customer_id == one.customer_id
    files, report = report_of(zipped_round(made.id, actor=consultant)[1])
    assert files == {"acme Manual.docx", "globex Manual.docx"}
    assert [line[:3] for line in report[1:]] == [
        ["acme", "acme Manual.docx", "made"], ["globex", "globex Manual.docx", "made"],
    ]


def test_the_copy_is_the_customers_own(template: Template, consultant: Actor, other_customer: Customer) -> None:
    edit_field(template.id, "version", actor=consultant, changes={"label": "Issue"})
    make_round(actor=consultant, template_id=template.id, customers=["globex"])
    copy = Template.objects.select_related("file", "parsed_file").get(customer=other_customer)
    assert copy.parsed_file is not None and copy.status == JobStatus.COMPLETED
    assert {copy.file.customer_id, copy.parsed_file.customer_id} == {other_customer.id}
    assert list(copy.fields.values_list("key", "label", "customer")) == [
        (one.key, one.label, other_customer.id) for one in template.fields.all()
    ]
    assert {one.customer_id for one in copy.sections.all()} == {other_customer.id}
    assert [one.kind for one in copy.versions.all()] == [VersionKind.DUPLICATED]
    assert AuditEntry.objects.filter(action="template.duplicated", customer_id=other_customer.id).count() == 1
    make_round(actor=consultant, template_id=template.id, customers=["globex"])
    assert Template.objects.filter(customer=other_customer).count() == 1
    assert copy in search_templates(consultant, status="completed") and copy not in search_templates(
        consultant, status="failed"
    )
    work()
    erase_customer(template.customer_id, actor=None)
    assert Artifact.objects.filter(id=copy.file_id).exists() and copy.fields.exists()


def test_two_rounds_at_once_make_one_copy(
    template: Template, consultant: Actor, other_customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_looked, find = threading.Barrier(2), templates.find_parsed_copy
    looked = threading.local()

    def look(*where: Any) -> Template | None:
        """As it is, but that neither goes on from its first look before the other has looked."""
        found = find(*where)
        if not getattr(looked, "once", False):
            looked.once = True
            both_looked.wait(30)
        return found

    monkeypatch.setattr(templates, "find_parsed_copy", look)

    def ask(_: int) -> None:
        try:
            make_round(actor=consultant, template_id=template.id, customers=["globex"])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(ask, range(2)))
    assert Template.objects.filter(customer=other_customer).count() == 1 and Document.objects.count() == 2


def test_a_copy_is_read_again_like_any_other(
    template: Template, consultant: Actor, other_customer: Customer
) -> None:
    make_round(actor=consultant, template_id=template.id, customers=["globex"])
    copy = Template.objects.get(customer=other_customer)
    same = ContentFile(sample_template(), "same.docx")
    assert replace_file(copy.id, actor=consultant, file=same).parse_job is not None
    work()
    assert reparse_template(copy.id, actor=consultant).status == JobStatus.PENDING


def test_a_copy_takes_the_links_to_facts_that_its_customer_has(
    template: Template, consultant: Actor, customer: Customer, other_customer: Customer
) -> None:
    for owner, key in ((customer, "contact"), (customer, "site"), (other_customer, "site")):
        fact = check_fact(key=key, value="Ada")
        state_facts([fact], customer_id=owner.id, author=Author.IMPORT, actor=None)
    for field, linked in (("approved_by", "contact"), ("version", "site"), ("company_name", None)):
        link_fact(template.id, field, linked, actor=consultant)
    make_round(actor=consultant, template_id=template.id, customers=["globex"])
    copy = Template.objects.get(customer=other_customer)
    assert dict(copy.fact_links.values_list("field_key", "fact_key")) == {"version": "site", "company_name": ""}


def test_a_customer_refused_stops_nobody_and_leaves_nothing(
    template: Template, consultant: Actor, other_customer: Customer
) -> None:
    edit_field(template.id, "version", actor=consultant, changes={"required": True})
    fact = check_fact(key="version", value="3")
    state_facts([fact], customer_id=template.customer_id, author=Author.IMPORT, actor=None)
    made = make_round(actor=consultant, template_id=template.id, customers=BOTH)
    assert [one.customer.slug for one in made.documents] == ["acme"]
    assert [(one.customer.slug, "Version" in one.message) for one in made.refused] == [("globex", True)]
    assert not Template.objects.filter(customer=other_customer).exists()
    with pytest.raises(NobodyServed) as refused:
        make_round(actor=consultant, template_id=template.id, customers=["globex"])
    assert set(refused.value.details) == {"globex"}
    assert make_round(
        actor=consultant, template_id=template.id, customers=["globex"], wishes=Wishes(partial=True)
    ).documents


def test_who_may_do_what(
    template: Template, actor: Actor, stranger: User, consultant: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotFound, match="globex"):
        make_round(actor=actor, template_id=template.id, customers=BOTH)
    with pytest.raises(NotFound):
        make_round(actor=actor_for(stranger), template_id=template.id, customers=["globex"])
    add_member(user=stranger, customer=template.customer, role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        make_round(actor=actor_for(stranger), template_id=template.id, customers=["globex"])
    with pytest.raises(BadInput, match="at least one"):
        make_round(actor=consultant, template_id=template.id, customers=[])
    made = make_round(actor=consultant, template_id=template.id, customers=BOTH)
    work()
    files, _ = report_of(zipped_round(made.id, actor=actor)[1])
    assert {name.split()[0] for name in files} == {"acme"}  # no member of the other customer
    with pytest.raises(NotFound):
        zipped_round(uuid4(), actor=actor)
    monkeypatch.setattr(rounds, "MAX_ZIP_BYTES", 10)
    with pytest.raises(TooLarge):
        zipped_round(made.id, actor=consultant)
    monkeypatch.setattr(rounds, "MAX_CUSTOMERS", 1)
    with pytest.raises(BadInput, match="at most 1"):
        make_round(actor=consultant, template_id=template.id, customers=BOTH)


def test_candidates_say_what_is_missing(template: Template, consultant: Actor, other_customer: Customer) -> None:
    template.fields.filter(key__in=["version", "company_name"]).update(required=True)
    own, other = candidates(template.id, actor=consultant)
    assert (own.customer.slug, own.template, [one.key for one in own.missing]) == ("acme", template, ["version"])
    assert (other.customer.slug, other.template, other.missing) == ("globex", None, [])
    make_round(actor=consultant, template_id=template.id, customers=["globex"], wishes=Wishes(partial=True))
    other = candidates(template.id, actor=consultant)[1]
    assert other.template is not None and [one.key for one in other.missing] == ["version"]


def test_a_round_over_the_api(
    template: Template, editor: User, consultant: Actor, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(editor)
    listed = client.get(f"{API}/templates/{template.id}/customers").json()
    assert [(one["customer"], one["template_id"] is None) for one in listed] == [("acme", False), ("globex", True)]
    body = {"customers": BOTH, "name": "Manual"}

    def ask() -> dict[str, Any]:
        once = {"Idempotency-Key": "once"}
        answer = client.post(f"{API}/templates/{template.id}/rounds", body, "application/json", headers=once)
        assert answer.status_code == 202, answer.content
        told: dict[str, Any] = answer.json()
        return told

    made = ask()
    assert made == ask() and Document.objects.count() == 2
    assert {one["customer"] for one in made["documents"]} == set(BOTH) and made["refused"] == []
    address = f"{API}/rounds/{made['round_id']}/file"
    assert error_of(client.get(address))["code"] == "nothing_made"
    work()
    zipped = client.get(address)
    assert zipped.status_code == 200 and "attachment" in zipped["Content-Disposition"]
    assert len(report_of(zipped.content)[0]) == 2
    found = client.get(f"{API}/documents", {"round_id": made["round_id"]}).json()
    assert found["count"] == 2
    again = client.post(f"{API}/templates/{template.id}/rounds", {"customers": ["nobody"]}, "application/json")
    assert error_of(again)["code"] == "not_found"


def test_a_round_by_the_pages(
    template: Template, editor: User, consultant: Actor, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(editor)
    assert "Fill for several customers" in client.get(f"/templates/{template.id}/").content.decode()
    address = f"/templates/{template.id}/customers/"
    page = client.get(address).content.decode()
    assert "Globex" in page and "gets a copy" in page
    assert client.post(address, {"name": "Manual"}).status_code == 422
    template.fields.filter(key="version").update(required=True)
    refused = client.post(address, {"name": "Manual", "customer": BOTH})
    assert refused.status_code == 422 and refused.content.decode().count("Version") >= 2
    answer = client.post(address, {"name": "Manual", "customer": BOTH, "partial": "1"}, follow=True)
    shown = answer.content.decode()
    assert "Download all" in shown and "Globex" in shown
    for name, documents in (("Again", 4), ("Again", 4), ("Other", 6)):
        client.post(address, {"name": name, "customer": BOTH, "partial": "1", "once": "a"})
        assert Document.objects.count() == documents
    made = Document.objects.filter(name="Manual").values_list("round", flat=True)[0]
    waiting = client.get(f"/rounds/{made}/file/", follow=True)
    assert "None of these documents is ready" in waiting.content.decode()
    work()
    assert client.get(f"/rounds/{made}/file/")["Content-Type"] == "application/zip"
    assert "No document fits" in client.get("/documents/", {"round": str(UUID(int=1))}).content.decode()
    assert client.get("/documents/", {"round": "nonsense"}).status_code == 200
