"""The fact sheet: stated, changed, removed, imported; and which fact fills which field of a template."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from openpyxl import Workbook
from pytest_django import DjangoAssertNumQueries

from accounts_app.access import Actor, actor_for
from accounts_app.errors import BadInput, NotAllowed, NotFound, TooLarge
from accounts_app.models import AuditEntry, Customer, User
from jobs_app.erasing import erase_customer
from templates_app import tables
from templates_app.choices import Author
from templates_app.concepts import concept_of, find_faults, fold_label
from templates_app.documents import Wishes, create_document
from templates_app.errors import BadFact, BadRows, TableRefused
from templates_app.fact_import import import_facts
from templates_app.facts import fact_history, facts_of, remove_fact, state_fact
from templates_app.keeping import keep_values, keepable_fields
from templates_app.matching import How, known_values, link_fact, match_facts, unlink_fact
from templates_app.models import Fact, FactLink, Template, TemplateField
from templates_app.tables import read_table
from tests.templates_app.test_api import API, error_of, post_json
from tests.templates_app.test_values import PICTURE

pytestmark = pytest.mark.django_db
State = Callable[..., Fact]


@pytest.fixture
def state(actor: Actor, customer: Customer) -> State:
    """Say a fact of the customer."""

    def do(key: str, value: Any, **more: Any) -> Fact:
        return state_fact(actor=actor, customer_id=customer.id, key=key, value=value, **more)

    return do


# --- the sheet ------------------------------------------------------------------------------------------------------


def test_a_changed_fact_is_a_new_row_and_none_is_lost(state: State, actor: Actor, customer: Customer) -> None:
    first = state("company_name", "Acme Ltd", source="Letterhead")
    assert (first.label, first.type, first.author, first.created_by) == (
        "Name of the organisation", "text", Author.PERSON, actor.user,
    )
    assert state("company_name", "Acme Ltd") == first
    second = state("company_name", "Acme plc")
    history = fact_history("company_name", actor=actor, customer_id=customer.id)
    assert history == [second, first] and list(facts_of(customer.id)) == [second]
    assert history[1].replaced_at is not None and history[1].replaced_by == actor.user
    assert AuditEntry.objects.filter(action="fact.stated").count() == 2


def test_a_person_may_mend_where_a_fact_is_from(state: State) -> None:
    first = state("company_name", "Acme Ltd")
    mended = state("company_name", "Acme Ltd", source="Register of companies")
    assert mended != first and mended.source == "Register of companies"


def test_a_removed_fact_keeps_its_history(state: State, actor: Actor, customer: Customer) -> None:
    state("company_name", "Acme Ltd")
    for _ in range(2):
        remove_fact("company_name", actor=actor, customer_id=customer.id)
    (past,) = fact_history("company_name", actor=actor, customer_id=customer.id)
    assert past.replaced_at is not None and not facts_of(customer.id).exists()
    assert AuditEntry.objects.filter(action="fact.removed").count() == 1
    with pytest.raises(NotFound):
        remove_fact("nothing", actor=actor, customer_id=customer.id)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"key": "Company Name", "value": "x"}, "key"),
        ({"key": "", "label": "!", "value": "x"}, "key"),
        ({"key": "x", "label": "n" * 201, "value": "x"}, "label"),
        ({"key": "x", "type": "table", "value": []}, "type"),
        ({"key": "x", "type": "signature", "value": "Ada"}, "type"),
        ({"key": "import", "value": "x"}, "key"),
        ({"key": "x", "value": " "}, "value"),
        ({"key": "x", "value": None}, "value"),
        ({"key": "date_of_issue", "value": "soon"}, "value"),
        ({"key": "employees", "value": "many"}, "value"),
        ({"key": "company_logo", "value": "Acme"}, "value"),
        ({"key": "x", "value": "x", "source": "s" * 501}, "source"),
    ],
)
def test_what_is_no_fact_is_refused(actor: Actor, customer: Customer, given: dict[str, Any], field: str) -> None:
    with pytest.raises(BadFact) as refused:
        state_fact(actor=actor, customer_id=customer.id, **given)
    assert refused.value.details == {"field": field} and not Fact.objects.exists()


def test_a_fact_has_its_type(state: State, actor: Actor, customer: Customer) -> None:
    assert state("date_of_issue", "2026-11-30").type == "date"
    assert state("employees", 12).value == 12
    assert state("is_certified", True, type="checkbox").value is True
    assert state("company_logo", {"base64": PICTURE}).type == "image"
    labelled = state_fact(actor=actor, customer_id=customer.id, label="Datenschutzbeauftragte", value="Ada Byron")
    assert (labelled.key, labelled.type) == ("data_protection_officer", "person")
    assert state_fact(actor=actor, customer_id=customer.id, label="Shoe size", value="44").key == "shoe_size"


def test_a_sheet_has_its_bounds_and_its_members(
    state: State, customer: Customer, viewer: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    state("company_name", "Acme Ltd")
    with pytest.raises(NotAllowed):
        state_fact(actor=actor_for(viewer), customer_id=customer.id, key="x", value="x")
    with pytest.raises(NotAllowed):
        state_fact(actor=actor_for(stranger), customer_id=customer.id, key="x", value="x")
    monkeypatch.setattr("templates_app.facts.MAX_FACTS", 1)
    state("company_name", "Acme plc")
    with pytest.raises(BadFact, match="at most"):
        state("version", "1")


def test_facts_go_with_their_customer(state: State, template: Template, actor: Actor, customer: Customer) -> None:
    state("company_name", "Acme Ltd")
    link_fact(template.id, "remarks", "company_name", actor=actor)
    erase_customer(customer.id, actor=None)
    assert not Fact.objects.exists() and not FactLink.objects.exists()


# --- concepts -------------------------------------------------------------------------------------------------------


def test_no_label_means_two_things() -> None:
    assert list(find_faults()) == []


@pytest.mark.parametrize(
    ("label", "concept"),
    [
        ("Company name:", "company_name"),
        ("[Insert your company name]", "company_name"),
        ("Nom de l’entreprise", "company_name"),
        ("Raison Sociale", "company_name"),
        ("Наименование организации", "company_name"),
        ("Geltungsbereich des ISMS", "isms_scope"),
        ("Scope of the QMS", "qms_scope"),
        ("Geschäftsführer", "top_management"),
        ("CISO", "security_officer"),
        ("Responsable de calidad", "quality_manager"),
        ("Délégué à la protection des données", "data_protection_officer"),
        ("Issue date", "date_of_issue"),
        ("Versjon", "version"),
        ("Approved by", "approver"),
        ("Name", ""),
        ("Address", ""),
        ("Company name and address", ""),
        ("Date", ""),
    ],
)
def test_a_label_means_a_concept_or_nothing(label: str, concept: str) -> None:
    found = concept_of(key="any", label=label)
    assert (found.id if found else "") == concept


def test_labels_are_folded() -> None:
    assert fold_label("  The Société’s  NAME (legal): ") == "societe s name legal"
    assert fold_label("The") == "the"


# --- matching -------------------------------------------------------------------------------------------------------


def test_one_statement_fills_the_fields_that_mean_it(state: State, template: Template) -> None:
    state("company_name", "Acme Ltd")
    state("date_of_issue", "2026-11-30")
    state("approver", "Grace Hopper")
    state("revision", "3", label="Versie")
    found = {key: (match.how, match.value) for key, match in match_facts(template).items() if match.fact}
    assert found == {
        "company_name": (How.KEY, "Acme Ltd"),
        "date_of_issue": (How.KEY, "2026-11-30"),
        "approved_by": (How.LABEL, "Grace Hopper"),
        "version": (How.CONCEPT, "3"),
    }


def test_what_belongs_to_another_party_is_left_alone(state: State, template: Template) -> None:
    """Under "The supplier", one level up, an address and a name are the supplier's."""
    contact = template.fields.get(key="address")
    TemplateField.objects.filter(id=contact.id).update(label="Registered address")
    state("company_address", "1 Main Street")
    assert match_facts(template)["address"].fact is None
    TemplateField.objects.filter(id=contact.id).update(section=None)
    assert match_facts(template)["address"].how == How.CONCEPT
    TemplateField.objects.filter(id=contact.id).update(label="Registered address of the supplier")
    assert match_facts(template)["address"].fact is None


def test_generic_words_and_two_claims_match_nothing(state: State, template: Template) -> None:
    state("address", "1 Main Street")
    state("issue", "2026-01-01", label="Issue date", type="date")
    state("published", "2026-01-02", label="Publication date", type="date")
    found = {key for key, match in match_facts(template).items() if match.fact}
    assert found == set()
    state("date_of_issue", "2026-01-03")
    assert match_facts(template)["date_of_issue"].value == "2026-01-03"


def test_a_person_has_the_last_word(
    state: State, template: Template, actor: Actor, viewer: User, stranger: User
) -> None:
    state("company_name", "Acme Ltd")
    link_fact(template.id, "company_name", None, actor=actor)
    assert match_facts(template)["company_name"].is_detached
    for _ in range(2):
        link_fact(template.id, "remarks", "company_name", actor=actor)
    linked = match_facts(template)["remarks"]
    assert (linked.how, linked.value) == (How.LINK, "Acme Ltd")
    assert AuditEntry.objects.filter(action="field.fact_linked").count() == 2
    unlink_fact(template.id, "company_name", actor=actor)
    assert match_facts(template)["company_name"].how == How.KEY
    with pytest.raises(NotFound):
        link_fact(template.id, "remarks", "nothing", actor=actor)
    with pytest.raises(NotFound):
        link_fact(template.id, "nothing", "company_name", actor=actor)
    with pytest.raises(NotAllowed):
        link_fact(template.id, "remarks", None, actor=actor_for(viewer))
    with pytest.raises(NotFound):
        unlink_fact(template.id, "remarks", actor=actor_for(stranger))


def test_a_fact_that_does_not_fit_its_field_says_why(state: State, template: Template, actor: Actor) -> None:
    state("risk", "Enormous")
    state("company_name", "Acme Ltd")
    link_fact(template.id, "date_of_issue", "company_name", actor=actor)
    matches = match_facts(template)
    assert "no option" in matches["risk"].problem and "YYYY-MM-DD" in matches["date_of_issue"].problem
    assert known_values(matches) == {"company_name": "Acme Ltd"}
    remove_fact("company_name", actor=actor, customer_id=template.customer_id)
    assert "no longer" in match_facts(template)["date_of_issue"].problem


def test_matching_takes_the_same_queries_however_much_there_is(
    state: State, template: Template, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for key in ("company_name", "version", "approver"):
        state(key, "x")
        with django_assert_num_queries(4):
            match_facts(template)


# --- documents ------------------------------------------------------------------------------------------------------


def test_a_new_document_takes_what_is_known(state: State, template: Template, actor: Actor, editor: User) -> None:
    fact = state("company_name", "Acme Ltd", source="Letterhead")
    state("version", "3")
    given = {"document_number": "QF-7", "version": None}
    made = create_document(actor=actor, template_id=template.id, name="x", values=given)
    assert made.values == {"company_name": "Acme Ltd", "document_number": "QF-7"}
    assert made.origins == {
        "company_name": {
            "source": "fact", "author": "person", "by": str(editor.id), "fact_id": str(fact.id),
            "fact_key": "company_name", "detail": "Letterhead",
        },
        "document_number": {"source": "given", "author": "person", "by": str(editor.id)},
    }
    no_facts = Wishes(with_facts=False)
    without = create_document(actor=actor, template_id=template.id, name="x", values={}, wishes=no_facts)
    assert without.values == {}
    same = create_document(
        actor=actor, template_id=template.id, name="x", values={"company_name": "Acme Ltd"}, wishes=no_facts
    )
    assert same.origins["company_name"]["source"] == "fact"


def test_a_fact_changed_meanwhile_makes_no_conflict_of_the_same_request(
    state: State, template: Template, actor: Actor
) -> None:
    state("company_name", "Acme Ltd")
    first = create_document(actor=actor, template_id=template.id, name="x", values={}, idempotency_key="k")
    state("company_name", "Acme plc")
    again = create_document(actor=actor, template_id=template.id, name="x", values={}, idempotency_key="k")
    assert again == first and again.values == {"company_name": "Acme Ltd"}


def test_values_of_a_document_become_facts_with_their_authors(
    state: State, template: Template, actor: Actor, client_of_editor: Client, client_of_viewer: Client
) -> None:
    state("document_number", "QF-7")
    given = {"company_name": "Acme Ltd", "remarks": "Two sites make pumps.", "decision": "Approved"}
    of_supplier = create_document(actor=actor, template_id=template.id, name="x", values={"address": "1 Side Road"})
    assert keep_values(of_supplier.id, ["address"], actor=actor).refused == {
        "address": "It is about another party than the customer."
    }
    made = create_document(actor=actor, template_id=template.id, name="Form", values=given)
    made.origins["remarks"] = {"source": "draft", "author": "model", "detail": "claude sonnet"}
    made.save(update_fields=["origins"])
    assert {"company_name", "remarks"} <= {match.field.key for match in keepable_fields(made)}
    path, wanted = f"/documents/{made.id}/facts", {"fields": ["company_name", "remarks", "document_number", "nothing"]}
    assert post_json(client_of_viewer, path, wanted).status_code == 403
    body = post_json(client_of_editor, path, wanted).json()
    assert set(body["refused"]) == {"document_number", "nothing"} and "fact sheet" in body["refused"]["document_number"]
    known = {fact.key: fact for fact in Fact.objects.filter(replaced_at=None)}
    assert (known["company_name"].author, known["company_name"].source) == ("person", "Document “Form”")
    remarks = known[body["facts"]["remarks"]["key"]]
    assert (remarks.author, remarks.source) == ("model", "Document “Form”, written by claude sonnet")
    assert post_json(client_of_editor, path, wanted).json() == body
    page = f"/documents/{made.id}/"
    assert 'value="decision"' in client_of_editor.get(page).content.decode()
    assert "Keep on the fact sheet" not in client_of_viewer.get(page).content.decode()
    assert client_of_viewer.post(f"{page}facts/", {"field": "decision"}).status_code == 403
    said = client_of_editor.post(f"{page}facts/", {"field": ["decision", "nothing"]}, follow=True).content.decode()
    assert "On the fact sheet now: Decision." in said and "no such field" in said
    assert "Keep on the fact sheet" not in client_of_editor.get(page).content.decode()  # all of it is known by now
    assert "Choose the values" in client_of_editor.post(f"{page}facts/", follow=True).content.decode()
    again = create_document(actor=actor, template_id=template.id, name="x", values={})
    assert again.values == given | {"document_number": "QF-7"}


# --- import ---------------------------------------------------------------------------------------------------------


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def table_file(data: str | bytes, name: str = "facts.csv") -> ContentFile[bytes]:
    return ContentFile(data.encode() if isinstance(data, str) else data, name)


SHEET = "Key;Label;Value;Type\ncompany_name;;Acme Ltd;\n;Versie;3;\nis_certified;Certified;yes;Check box\n"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_sheet_is_imported_and_again_changes_nothing(customer: Customer, actor: Actor, kind: str) -> None:
    rows = [line.split(";") for line in SHEET.replace("Check box", "checkbox").splitlines()]
    data = SHEET.replace("Check box", "checkbox").encode() if kind == "csv" else workbook(*rows)
    done = [import_facts(table_file(data, f"a.{kind}"), customer_id=customer.id, actor=actor) for _ in range(2)]
    assert [(one.rows, one.changed) for one in done] == [(3, 3), (3, 0)]
    facts = {fact.key: fact for fact in facts_of(customer.id)}
    assert (facts["version"].value, facts["is_certified"].value) == ("3", True)
    assert {fact.author for fact in facts.values()} == {Author.IMPORT}
    assert facts["version"].source == f"a.{kind}, row 3" and Fact.objects.count() == 3


def test_cells_of_a_workbook_have_types(customer: Customer) -> None:
    data = workbook(
        ["key", "value"], ["date_of_issue", date(2026, 11, 30)], ["employees", 12.0], ["share", 1.5],
        [], ["effective_date", datetime(2026, 12, 1)],
    )
    import_facts(table_file(data, "a.xlsx"), customer_id=customer.id, actor=None)
    values = dict(facts_of(customer.id).values_list("key", "value"))
    assert values == {
        "date_of_issue": "2026-11-30", "employees": "12", "share": "1.5", "effective_date": "2026-12-01",
    }


def test_one_bad_row_and_nothing_is_written_and_each_is_told(customer: Customer, actor: Actor) -> None:
    data = "key,value,type\ncompany_name,Acme,\nbad key,x,\nversion,,\nversion,1,\nversion,2,\nx,y,novel\n"
    with pytest.raises(BadRows) as refused:
        import_facts(table_file(data), customer_id=customer.id, actor=actor)
    told = {row["row"]: row["message"] for row in refused.value.details["rows"]}
    assert set(told) == {3, 4, 6, 7} and "Row 5" in told[6] and "novel" in told[7]
    assert not Fact.objects.exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"key,value\n\xff,1\n", "UTF-8"),
        (b"name,value\na,b\n", "must name the columns"),
        (b"key,value,colour\na,b,c\n", "no column 'colour'"),
        (b"key,value,Value\na,b,c\n", "Two columns"),
        (b"key,,value\na,b,c\n", "no name"),
        (b"key,value\na,b,c\n", "more values"),
        (b'key,value\n"a,b\n', "well-formed"),
        (b"key,value\0\n", "cannot be read"),
        (b"PK\x03\x04 nothing of the sort", "XLSX"),
    ],
)
def test_what_is_no_table_is_refused(customer: Customer, data: bytes, said: str) -> None:
    with pytest.raises(TableRefused, match=said):
        import_facts(table_file(data), customer_id=customer.id, actor=None)


def test_tables_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    with pytest.raises(TableRefused, match="more than 2 rows"):
        read_table(table_file("a\n1\n2\n3\n"))
    monkeypatch.setattr(tables, "MAX_COLUMNS", 2)
    with pytest.raises(TableRefused, match="more than 2 columns"):
        read_table(table_file(workbook(["a", "b", "c"]), "a.xlsx"))
    monkeypatch.setattr(tables, "MAX_FILE_BYTES", 3)
    with pytest.raises(TooLarge):
        read_table(table_file("a\n1\n2\n"))


def swollen(what: str) -> bytes:
    """A small workbook that unpacks to millions of texts, or to one text in cell after cell."""
    texts = "<si><t>a</t></si>" * 5_000_000 if what == "texts" else f"<si><t>{'a' * 30_000}</t></si>"
    row = "<row>" + '<c t="s"><v>0</v></c>' * 500 + "</row>"
    cells = row * (3 if what == "cells" else 1)
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts = {
        "xl/sharedStrings.xml": f'<sst xmlns="{space}">{texts}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>',
    }
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["a"]))) as plain,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package,
    ):
        for name in plain.namelist():
            package.writestr(name, parts.get(name, plain.read(name)))
    return made.getvalue()


@pytest.mark.parametrize("what", ["texts", "cells"])
def test_a_workbook_that_swells_is_refused_by_its_child(what: str) -> None:
    data = swollen(what)
    assert len(data) < tables.MAX_FILE_BYTES
    with pytest.raises(TableRefused, match="once unpacked"):
        read_table(table_file(data, "a.xlsx"))


def test_no_process_that_serves_others_unpacks_a_workbook() -> None:
    code = (
        "import django; django.setup(); import sys; from django.core.files.base import ContentFile\n"
        "from templates_app.tables import read_table\n"
        "read = read_table(ContentFile(sys.stdin.buffer.read(), 'a.xlsx'))\n"
        "assert read.columns == ['a'] and not any(name.startswith('openpyxl') for name in sys.modules)"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "dna.settings"}
    subprocess.run([sys.executable, "-c", code], input=workbook(["a"]), env=environment, check=True)


def test_the_command_imports_and_names_bad_rows(customer: Customer, tmp_path: Path) -> None:
    file = tmp_path / "facts.csv"
    file.write_text("label,value\nCompany name,Acme Ltd\n")
    said = io.StringIO()
    call_command("import_facts", str(file), "--customer", "acme", stdout=said)
    assert "1 facts read, 1 of them new" in said.getvalue()
    file.write_text("label,value\nCompany name,\n")
    told = io.StringIO()
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("import_facts", str(file), "--customer", "acme", stderr=told)
    assert "Row 2: Give a value" in told.getvalue()
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_facts", str(tmp_path / "none.csv"), "--customer", "acme")
    assert facts_of(customer.id).get().value == "Acme Ltd"


# --- the API --------------------------------------------------------------------------------------------------------


def put(client: Client, path: str, data: Any) -> Any:
    return client.put(f"{API}{path}", data, content_type="application/json")


def test_the_sheet_over_the_api(
    client_of_editor: Client, client_of_viewer: Client, client_of_stranger: Client, customer: Customer
) -> None:
    stated = put(client_of_editor, "/facts/company_name", {"value": "Acme Ltd", "source": "Letterhead"})
    assert stated.status_code == 200 and stated.json()["label"] == "Name of the organisation"
    assert put(client_of_editor, "/facts/company_name", {"value": "Acme Ltd"}).json()["id"] == stated.json()["id"]
    listed = client_of_viewer.get(f"{API}/facts?customer=acme").json()
    assert listed["count"] == 1 and listed["items"][0]["created_by"]["name"] == "Ada Byron"
    assert client_of_stranger.get(f"{API}/facts").json()["count"] == 0
    assert client_of_stranger.get(f"{API}/facts?customer=acme").status_code == 404
    assert "company_name" not in {one["key"] for one in client_of_viewer.get(f"{API}/facts/not-stated").json()}
    assert put(client_of_viewer, "/facts/version", {"value": "1"}).status_code == 403
    refused = put(client_of_editor, "/facts/date_of_issue", {"value": "soon"})
    assert error_of(refused)["code"] == "bad_fact" and error_of(refused)["details"]["field"] == "value"
    assert put(client_of_editor, "/facts/version", {"value": "1", "colour": "red"}).status_code == 422
    assert client_of_viewer.delete(f"{API}/facts/company_name").status_code == 403
    for _ in range(2):
        assert client_of_editor.delete(f"{API}/facts/company_name").status_code == 204
    (past,) = client_of_viewer.get(f"{API}/facts/company_name").json()
    assert past["replaced_by"]["name"] == "Ada Byron"
    assert client_of_stranger.get(f"{API}/facts/company_name").status_code == 404


def test_an_import_over_the_api(client_of_editor: Client, client_of_viewer: Client) -> None:
    def send(client: Client, data: bytes) -> Any:
        return client.post(f"{API}/facts/import", {"file": SimpleUploadedFile("facts.csv", data)})

    assert send(client_of_editor, SHEET.replace("Check box", "checkbox").encode()).json() == {"rows": 3, "changed": 3}
    refused = error_of(send(client_of_editor, b"key,value\n!,1\n"))
    assert refused["code"] == "bad_rows" and refused["details"]["rows"][0]["row"] == 2
    assert error_of(send(client_of_editor, b""))["code"] == "table_refused"
    assert send(client_of_viewer, SHEET.encode()).status_code == 403


def test_matches_over_the_api(
    state: State, template: Template, client_of_editor: Client, client_of_viewer: Client, client_of_stranger: Client
) -> None:
    state("company_name", "Acme Ltd")
    path = f"/templates/{template.id}/facts"
    matches = {one["field"]: one for one in client_of_viewer.get(f"{API}{path}").json()}
    assert len(matches) == 24 and matches["company_name"] == {
        "field": "company_name", "label": "Company name", "required": False, "fact": "company_name", "how": "key",
        "value": "Acme Ltd", "problem": "", "detached": False,
    }
    link = f"/templates/{template.id}/fields/remarks/fact"
    assert put(client_of_editor, link, {"fact": "company_name"}).json()["how"] == "link"
    assert put(client_of_editor, link, {"fact": None}).json()["detached"]
    assert client_of_editor.delete(f"{API}{link}").json()["how"] is None
    assert put(client_of_editor, link, {"fact": "nothing"}).status_code == 404
    assert put(client_of_editor, link, {}).status_code == 422
    assert put(client_of_viewer, link, {"fact": None}).status_code == 403
    assert put(client_of_stranger, link, {"fact": None}).status_code == 404
    assert client_of_stranger.get(f"{API}{path}").status_code == 404
    made = post_json(client_of_editor, f"/templates/{template.id}/documents", {"values": {}}).json()
    document = client_of_viewer.get(f"{API}/documents/{made['document_id']}").json()
    assert document["values"] == {"company_name": "Acme Ltd"}
    assert document["origins"]["company_name"]["source"] == "fact"


def test_nobody_without_a_customer_has_facts(actor: Actor) -> None:
    with pytest.raises(BadInput):
        Actor(user=actor.user).customer_id()
