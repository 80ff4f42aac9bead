"""One template, a table, a document for each row: bad rows are told and stop nobody. And the command for it."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts_app.access import Actor
from accounts_app.errors import BadInput
from accounts_app.models import Customer, User
from jobs_app.artifacts import read_bytes
from jobs_app.choices import JobStatus
from jobs_app.erasing import erase_customer
from templates_app import batches
from templates_app.batches import create_batch
from templates_app.choices import Author, OnUnfilled
from templates_app.documents import Wishes
from templates_app.errors import BadRows, TableRefused
from templates_app.facts import check_fact, state_fact, state_facts
from templates_app.models import Batch, Document, Template
from tests.templates_app.test_api import API, error_of
from tests.templates_app.test_facts import workbook
from tests.templates_app.test_generation import work

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = """document name,document_number,Date of issue,risk,the_supplier_was_told_the_result,kind_of_supply
Bolts Ltd,QF-1,2026-11-30,low,yes,Material; Software
Nuts Ltd,QF-2,soon,high,no,
,QF-3,,,,Service
Bolts Ltd,QF-4,,Enormous,,
"""


def make(template: Template, actor: Actor | None, data: str | bytes = ROWS, **more: Any) -> Batch:
    raw = data.encode() if isinstance(data, str) else data
    file = ContentFile(raw, "suppliers.csv")
    return create_batch(actor=actor, template_id=template.id, file=file, **more)


def contents(batch: Batch) -> tuple[dict[str, bytes], list[list[str]]]:
    """The documents by name, and the lines of the report."""
    done = Batch.objects.select_related("file").get(id=batch.id)
    assert done.file is not None
    with zipfile.ZipFile(io.BytesIO(read_bytes(done.file))) as package:
        files = {name: package.read(name) for name in package.namelist()}
    report = files.pop("report.csv").decode("utf-8-sig")
    return files, list(csv.reader(io.StringIO(report)))


def test_a_bad_row_is_told_and_the_others_are_made(template: Template, actor: Actor) -> None:
    state_fact(actor=actor, customer_id=template.customer_id, key="company_name", value="Acme Ltd")
    batch = make(template, actor, name="Suppliers")
    assert [one["row"] for one in batch.refused] == [3, 5]
    assert "Date of issue: This takes a date" in batch.refused[0]["message"]
    assert "no option" in batch.refused[1]["message"]
    work()
    first, third = Document.objects.filter(batch=batch).order_by("row")
    assert (first.name, third.name, first.row, third.row) == ("Bolts Ltd", "Suppliers 3", 2, 4)
    assert first.values == {
        "company_name": "Acme Ltd", "document_number": "QF-1", "date_of_issue": "2026-11-30", "risk": "Low",
        "the_supplier_was_told_the_result": True, "kind_of_supply": ["Material", "Software"],
    }
    assert first.origins["risk"] == {
        "source": "row", "author": "import", "by": str(actor.user.pk), "detail": "suppliers.csv, row 2",
    }
    assert first.origins["company_name"]["source"] == "fact" and first.made_with["workflow"] == "document.batch"
    files, report = contents(batch)
    assert set(files) == {"Bolts Ltd.docx", "Suppliers 3.docx"}
    assert [line[:3] for line in report[1:]] == [
        ["2", "Bolts Ltd.docx", "made"], ["3", "", "refused"], ["4", "Suppliers 3.docx", "made"], ["5", "", "refused"],
    ]


def test_a_row_that_fails_while_it_is_made_is_told_and_the_others_are_made(template: Template, actor: Actor) -> None:
    batch = make(template, actor)
    broken = Document.objects.filter(batch=batch).order_by("row").first()
    assert broken is not None
    Document.objects.filter(id=broken.id).update(values={"nothing": "x"})  # a field the template has lost meanwhile
    work()
    done = Batch.objects.select_related("job").get(id=batch.id)
    assert done.job is not None and done.status == JobStatus.COMPLETED
    result: Any = done.job.result
    assert (result["made"], result["failed"], result["refused"]) == (1, 1, 2)
    broken.refresh_from_db()
    assert "no field 'nothing'" in broken.failure and broken.file is None
    files, report = contents(batch)
    assert len(files) == 1 and report[1][2] == "failed" and "nothing" in report[1][3]


def test_names_that_clash_and_formulas_are_made_harmless(template: Template, actor: Actor) -> None:
    batch = make(template, actor, "document name,version\n=1+1,1\nSame,2\nSAME,3\n")
    work()
    files, report = contents(batch)
    assert set(files) == {"=1+1.docx", "Same.docx", "SAME (2).docx"} and report[1][1] == "'=1+1.docx"


def test_the_same_rows_give_the_same_zip(template: Template, actor: Actor) -> None:
    made = [make(template, actor, "version\n1\n2\n") for _ in range(2)]
    work()
    first, second = (Batch.objects.select_related("file").get(id=one.id) for one in made)
    assert first.file is not None and second.file is not None and first.file.blob_id == second.file.blob_id


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("nothing\n1\n", "no field 'nothing'"),
        ("version,Version\n1,2\n", "Two columns"),
        ("version,VERSION:\n1,2\n", "same field"),
        ("findings\n1\n", "no cell can hold one"),
        ("version\n", "no rows"),
    ],
)
def test_columns_that_are_no_fields_are_refused(template: Template, actor: Actor, data: str, said: str) -> None:
    with pytest.raises(TableRefused, match=said):
        make(template, actor, data)
    assert not Batch.objects.exists()


def test_a_label_that_two_fields_have_names_neither(template: Template, actor: Actor) -> None:
    template.fields.filter(key__in=["version", "document_number"]).update(label="Number")
    with pytest.raises(TableRefused, match="Several fields"):
        make(template, actor, "Number\n1\n")
    assert make(template, actor, "version\n1\n").documents.count() == 1


def test_what_must_be_filled_is_asked_of_every_row(
    template: Template, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    template.fields.filter(key="version").update(required=True)
    with pytest.raises(BadRows) as refused:
        make(template, actor, "document_number\nQF-1\n")
    assert "Version" in refused.value.details["rows"][0]["message"]
    assert make(template, actor, "document_number\nQF-1\n", wishes=Wishes(partial=True)).documents.count() == 1
    with pytest.raises(BadInput):
        make(template, actor, wishes=Wishes(draft="all"))
    monkeypatch.setattr(batches, "MAX_DOCUMENTS", 1)
    with pytest.raises(TableRefused, match="at most 1 rows"):
        make(template, actor, "version\n1\n2\n")


# --- doors ----------------------------------------------------------------------------------------------------------


def send(client: Client, template_id: UUID, data: bytes, *, key: str = "", **form: Any) -> Any:
    file = SimpleUploadedFile("rows.xlsx", data)
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"{API}/templates/{template_id}/batches", {"file": file, **form}, headers=headers)


def test_what_a_row_leaves_empty_is_refused_in_true_words(
    template: Template, actor: Actor, client_of_editor: Client, tmp_path: Path
) -> None:
    template.fields.exclude(key__in=["version", "document_number"]).delete()
    refuse = Wishes(on_unfilled=OnUnfilled.REFUSE, partial=True)
    rows = b"version,document_number\n1,QF-7\n2,\n"
    batch = create_batch(
        actor=actor, template_id=template.id, file=SimpleUploadedFile("r.csv", rows), wishes=refuse
    )
    (row,) = batch.refused
    assert row["message"].startswith("1 field has no value: Document number (") and "partial" not in row["message"]
    path = f"/templates/{template.id}/batch/"
    assert 'name="on_unfilled"' in client_of_editor.get(path).content.decode()
    form = {"file": SimpleUploadedFile("r.csv", b"version\n2\n"), "on_unfilled": "refuse"}
    sent = client_of_editor.post(path, form)
    assert sent.status_code == 422 and 'value="refuse" selected' in sent.content.decode()
    file = tmp_path / "rows.csv"
    file.write_bytes(rows)
    code, said = command("--template", template.id, "--rows", file, "--on-unfilled", "refuse")
    assert code == 1 and "1 of 2 documents made" in said


def test_a_batch_over_the_api(
    template: Template, client_of_editor: Client, client_of_viewer: Client, client_of_stranger: Client
) -> None:
    data = workbook(["version", "date_of_issue"], [1, "2026-11-30"], [2, "soon"])
    accepted = send(client_of_editor, template.id, data, key="k", name="Suppliers").json()
    assert (accepted["documents"], [one["row"] for one in accepted["refused"]]) == (1, [3])
    again = send(client_of_editor, template.id, data, key="k", name="Suppliers").json()
    assert again["batch_id"] == accepted["batch_id"]
    path = f"{API}/batches/{accepted['batch_id']}"
    assert client_of_viewer.get(f"{path}/file").status_code == 409
    work()
    shown = client_of_viewer.get(path).json()
    assert (shown["status"], shown["documents"], shown["filename"]) == ("completed", 1, "rows.xlsx")
    (document,) = client_of_viewer.get(f"{path}/documents").json()["items"]
    assert (document["row"], document["batch_id"]) == (2, accepted["batch_id"])
    response = client_of_viewer.get(f"{path}/file")
    assert response["ETag"] == f'"{shown["sha256"]}"' and b"".join(response).startswith(b"PK")
    assert client_of_viewer.get(f"{API}/batches?template_id={template.id}").json()["count"] == 1
    assert client_of_stranger.get(f"{API}/batches").json()["count"] == 0
    for address in (path, f"{path}/file", f"{path}/documents"):
        assert client_of_stranger.get(address).status_code == 404
    assert send(client_of_viewer, template.id, data).status_code == 403
    assert send(client_of_stranger, template.id, data).status_code == 404
    assert error_of(send(client_of_editor, template.id, b"x"))["code"] == "table_refused"
    bad = send(client_of_editor, template.id, workbook(["date_of_issue"], ["soon"]))
    assert (bad.status_code, error_of(bad)["details"]["rows"][0]["row"]) == (422, 2)
    Template.objects.update(archived_at=Now())
    again = send(client_of_editor, template.id, data, key="k", name="Suppliers").json()
    assert again["batch_id"] == accepted["batch_id"]


def test_a_batch_on_the_pages(
    template: Template, client_of_editor: Client, client_of_viewer: Client, client_of_stranger: Client
) -> None:
    path = f"/templates/{template.id}/batch/"
    assert "document_number" in client_of_editor.get(path).content.decode()

    def upload(client: Client, data: bytes) -> Any:
        return client.post(path, {"file": SimpleUploadedFile("rows.csv", data), "name": "Suppliers"})

    assert upload(client_of_viewer, b"version\n1\n").status_code == 403
    assert upload(client_of_stranger, b"version\n1\n").status_code == 404
    refused = upload(client_of_editor, b"date_of_issue\nsoon\n")
    assert refused.status_code == 422 and "Row 2" in refused.content.decode()
    assert upload(client_of_editor, b"").status_code == 422
    assert client_of_editor.post(path).status_code == 422
    address = upload(client_of_editor, b"version,date_of_issue\n1,\n2,soon\n")["Location"]
    assert "being made" in client_of_viewer.get(address).content.decode()
    work()
    page = client_of_viewer.get(address).content.decode()
    assert "Download all" in page and "Row 3" in page and "Ready" in page
    assert client_of_viewer.get(f"{address}file/").status_code == 200
    assert client_of_stranger.get(address).status_code == 404
    assert "Suppliers" in client_of_viewer.get(path).content.decode()
    for data, count in ((b"version\n1\n", 2), (b"version\n1\n", 2), (b"version\n2\n", 3)):
        form = {"file": SimpleUploadedFile("rows.csv", data), "once": "a"}
        assert client_of_editor.post(path, form).status_code == 302 and Batch.objects.count() == count
    document = Document.objects.get(batch__name="Suppliers")
    assert f"row {document.row}" in client_of_viewer.get(f"/documents/{document.id}/").content.decode()


def test_lists_take_the_same_queries_however_long(
    template: Template, actor: Actor, client_of_viewer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    few, many = make(template, actor, "version\n1\n"), make(template, actor, "version\n1\n2\n3\n")
    for page in ("/batches/{}/", f"{API}/batches/{{}}/documents"):
        with CaptureQueriesContext(connection) as wanted:
            client_of_viewer.get(page.format(few.id))
        with django_assert_num_queries(len(wanted)):
            client_of_viewer.get(page.format(many.id))
    with CaptureQueriesContext(connection) as wanted:
        client_of_viewer.get(f"{API}/batches?limit=1")
    with django_assert_num_queries(len(wanted)):
        client_of_viewer.get(f"{API}/batches?limit=2")


def test_batches_go_with_their_customer(template: Template, actor: Actor, customer: Customer) -> None:
    make(template, actor)
    work()
    erase_customer(customer.id, actor=None)
    assert not Batch.objects.exists() and not Document.objects.exists()


# --- the command ----------------------------------------------------------------------------------------------------


def command(*arguments: Any) -> tuple[int, str]:
    said = io.StringIO()
    try:
        call_command("generate_documents", *map(str, arguments), stdout=said)
    except SystemExit as ended:
        return int(str(ended.code)), said.getvalue()
    return 0, said.getvalue()


def test_the_command_makes_a_document_for_each_row(template: Template, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("version,date_of_issue\n1,\n2,soon\n")
    code, said = command("--template", template.id, "--rows", rows, "--out", tmp_path / "out")
    assert code == 1 and "1 of 2 documents made" in said and "row 3" in said
    (written,) = (tmp_path / "out").iterdir()
    assert written.suffix == ".zip" and Document.objects.get().created_by is None
    with pytest.raises(CommandError, match="No such file"):
        command("--template", template.id, "--rows", tmp_path / "none.csv")
    with pytest.raises(CommandError, match="not both"):
        command("--template", template.id, "--rows", rows, "--customer", "acme")
    with pytest.raises(CommandError, match="leave out --draft"):
        command("--template", template.id, "--rows", rows, "--draft", "all")


def test_the_command_makes_a_document_for_each_customer(
    template: Template, customer: Customer, other_customer: Customer, stranger: User, tmp_path: Path
) -> None:
    for owner, name in ((customer, "Acme Ltd"), (other_customer, "Globex")):
        fact = check_fact(key="company_name", value=name)
        state_facts([fact], customer_id=owner.id, author=Author.IMPORT, actor=None)
    arguments = ("--template", template.id, "--customer", "acme", "--customer", "globex", "--out", tmp_path / "out")
    code, said = command(*arguments)
    assert code == 0 and "2 of 2 documents made" in said
    assert Template.objects.get(customer=other_customer).file_sha256 == template.file_sha256
    found = {document.customer.slug: document.values for document in Document.objects.select_related("customer")}
    assert found == {"acme": {"company_name": "Acme Ltd"}, "globex": {"company_name": "Globex"}}
    assert {path.name.split(" ")[0] for path in (tmp_path / "out").iterdir()} == {"acme", "globex"}


def test_the_command_refuses_what_is_missing(template: Template, tmp_path: Path) -> None:
    template.fields.filter(key="version").update(required=True)
    code, said = command("--template", template.id)
    assert code == 1 and "Version" in said and not Document.objects.exists()
    assert command("--template", template.id, "--partial")[0] == 0
    made = Document.objects.count()
    code, said = command("--template", template.id, "--partial", "--provider", "hal")
    assert code == 1 and "hal" in said
    rows = tmp_path / "rows.csv"
    rows.write_text("version\n1\n")
    with pytest.raises(CommandError, match="hal"):
        command("--template", template.id, "--rows", rows, "--provider", "hal")
    assert Document.objects.count() == made
    with pytest.raises(CommandError, match="no such template"):
        command("--template", UUID(int=7))
