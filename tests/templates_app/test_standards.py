"""The catalogue: its data is checked, found by what people say, recognised in files, and open to browse."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from django.core.checks import run_checks
from django.test import Client

from accounts_app.errors import BadInput, NotFound
from jobs_app.models import Artifact
from templates_app.classification import classify
from templates_app.docx.parse import parse
from templates_app.models import Template
from templates_app.standards.catalogue import (
    DATA,
    catalogue,
    check_document_type,
    check_standards,
    find_standard,
    get_standard,
)
from templates_app.standards.checking import CLAUSES, find_faults
from templates_app.standards.recognition import Evidence, first_lines, header_lines, recognise, within_limit
from templates_app.standards.titles import strengths
from templates_app.words import Wording, key_stems

# --- the data -------------------------------------------------------------------------------------------------------


def test_the_data_has_no_fault_and_django_looks() -> None:
    assert find_faults() == []
    assert not [one for one in run_checks() if one.id == "templates_app.E001"]
    known = catalogue()
    assert {name: len(one.clauses) for name, one in known.standards.items()} == CLAUSES
    assert len(known.document_types) == 81


def _first_leaf(data: Any) -> Any:
    return next(one for one in data["clauses"] if one["number"] == "7.5.1")


FAULTS: dict[str, tuple[str, Callable[[Any], object], str]] = {
    "another id": ("iso-9001-2015", lambda data: data.update(id="iso-9001"), "own id"),
    "a clause gone": ("iso-9001-2015", lambda data: data["clauses"].pop(), "90 clauses"),
    "a clause twice": ("iso-9001-2015", lambda data: data["clauses"].append(data["clauses"][-1]), "repeated"),
    "another parent": ("iso-9001-2015", lambda data: _first_leaf(data).update(parent="8"), "parent is 8"),
    "a bad number": ("iso-9001-2015", lambda data: _first_leaf(data).update(number="7.5.x"), "no clause number"),
    "a gap": ("iso-9001-2015", lambda data: _first_leaf(data).update(number="7.5.9"), "gap"),
    "no title": ("iso-9001-2015", lambda data: _first_leaf(data).update(title=""), "title is empty"),
    "no confidence": ("iso-9001-2015", lambda data: _first_leaf(data).update(confidence="low"), "confidence"),
    "normative": ("iso-9001-2015", lambda data: _first_leaf(data)["evidence"].append("it shall be"), "normative"),
    "capitals": ("iso-9001-2015", lambda data: _first_leaf(data)["keywords"].append("QMS"), "lower case"),
    "long": ("iso-9001-2015", lambda data: _first_leaf(data)["keywords"].append("a " * 20 + "b"), "too long"),
    "documented": ("iso-9001-2015", lambda data: _first_leaf(data).update(documented="keep"), "neither maintain"),
    "heading": ("iso-9001-2015", lambda data: data["clauses"][0].update(documented="maintain"), "a heading"),
    "annex": ("iso-27001-2022", lambda data: data["clauses"].pop(), "controls"),
    "unknown clause": ("document_types", lambda data: data[0]["standards"].update({"iso-9001-2015": ["0"]}), "names"),
    "unknown standard": ("document_types", lambda data: data[0]["standards"].update({"iso-1": ["4"]}), "iso-1"),
    "unknown type": ("document_types", lambda data: data[0]["expected_fields"][0].update(type="mail"), "no known"),
    "few sections": ("document_types", lambda data: data[0].update(expected_sections=["One"]), "three expected"),
    "type twice": ("document_types", lambda data: data.append(data[0]), "repeated"),
    "no titles": ("titles", lambda data: data["titles"].pop("risk-register"), "other types than"),
    "empty titles": ("titles", lambda data: data["titles"].update({"risk-register": []}), "no texts"),
    "title of two": ("titles", lambda data: data["titles"]["risk-register"].append("quality policy"), "a type twice"),
    "no such general": ("titles", lambda data: data["general"].append("poem"), "unknown types: poem"),
    "word twice": ("titles", lambda data: data["fillers"].append(data["fillers"][0]), "fillers are"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_data_is_found(tmp_path: Path, name: str) -> None:
    file, spoil, said = FAULTS[name]
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    data = json.loads((folder / f"{file}.json").read_text())
    spoil(data)
    (folder / f"{file}.json").write_text(json.dumps(data))
    assert any(said in fault for fault in find_faults(folder)), find_faults(folder)


def test_a_file_gone_or_broken_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    (folder / "iso-9001-2015.json").unlink()
    assert "iso-9001-2015: the file is missing" in find_faults(folder)
    (folder / "document_types.json").write_text("{")
    assert find_faults(folder)[0].startswith("The data cannot be read")


# --- looked up ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["iso-27001-2022", "ISO 27001", "ISO/IEC 27001:2022", "27001"])
def test_a_standard_is_found_by_what_people_call_it(said: str) -> None:
    found = find_standard(said)
    assert found is not None and found.id == "iso-27001-2022"
    assert find_standard("our own rules") is None and find_standard("ISO 9002") is None


def test_leaves_are_what_is_scored() -> None:
    standard = get_standard("iso-9001-2015")
    assert [one.number for one in standard.leaves_under(("7.5",))] == ["7.5.1", "7.5.2", "7.5.3.1", "7.5.3.2"]
    assert [one.number for one in standard.leaves_under(("7.5.3.1",))] == ["7.5.3.1"]
    with pytest.raises(NotFound):
        get_standard("iso-1")


def test_what_the_catalogue_does_not_have_is_refused() -> None:
    assert check_standards(["iso-27001-2022", "iso-9001-2015", "iso-9001-2015"]) == ["iso-9001-2015", "iso-27001-2022"]
    assert check_document_type("") == ""
    with pytest.raises(BadInput):
        check_standards(["iso-1"])
    with pytest.raises(BadInput):
        check_document_type("shopping-list")


# --- recognised -----------------------------------------------------------------------------------------------------


def evidence(title: str = "", headings: tuple[str, ...] = (), text: str = "") -> Evidence:
    return Evidence(titles=(title,), headings=headings, labels=(), texts=(text,))


def test_every_type_is_recognised_by_its_name_and_sections() -> None:
    wrong = []
    for kind in catalogue().document_types.values():
        found = recognise(evidence(kind.name, kind.expected_sections))
        if found.document_type != kind.id:
            wrong.append((kind.id, found.document_type))
    assert wrong == []


@pytest.mark.parametrize("title", ["Minutes of the parents' evening", "", "Bestellung", "Application to court"])
def test_nothing_is_claimed_of_what_is_something_else(title: str) -> None:
    found = recognise(evidence(title, ("Attendance", "Any other business")))
    assert (found.document_type, found.standards) == ("", {})


@pytest.mark.parametrize(
    ("title", "type_id"),
    [
        ("Risk Register", "risk-register"),
        ("QF-017_Risk-Register_v2.1", "risk-register"),
        ("InternalAuditChecklist", "audit-checklist"),
        ("Incident Response Plan - <<System>>", "incident-response-procedure"),
        ("FORM-010 Acme Supplier Assessment", "supplier-evaluation"),
        ("Title: Supplier assessment questionnaire", "supplier-evaluation"),
        ("ISMS Manual", "management-system-manual"),
        ("Non-conformity report", "nonconformity-report"),
        ("Formblatt Lieferantenbewertung Rev. 3", "supplier-evaluation"),
        ("Risiko-Register 2025", "risk-register"),
        ("Verfahrensanweisung Lenkung von Dokumenten", "document-control-procedure"),
        ("Procédure de maîtrise des documents", "document-control-procedure"),
        ("Politica de seguridad de la informacion", "information-security-policy"),
        ("Valutazione dei fornitori", "supplier-evaluation"),
        ("Реестр рисков предприятия", "risk-register"),
        ("SOP-02-01 Document Control", "document-control-procedure"),
        ("Server Configuration Procedure", "standard-operating-procedure"),
        ("SOP template", "standard-operating-procedure"),
        ("Geschaeftskontinuitaetsplan", "business-continuity-plan"),
        ("Acme Security Policy", ""),
        ("Security Policy", "information-security-policy"),
    ],
)
def test_a_clear_title_is_enough(title: str, type_id: str) -> None:
    assert recognise(evidence(title)).document_type == type_id
    assert recognise(evidence("", (title,), title)).document_type == ""  # a section or sentence is no title


@pytest.mark.parametrize(
    "title",
    [
        "Risk register review meeting invitation",
        "Complaint for declaratory relief",
        "Insurance policy",
        "Rules of civil procedure",
        "Emergency Protection Order",
        "Internal procedures",
        "Procedure",
        "Security plan",
        "Project plan",
        "Договор поставки",
        "Mietvertrag",
        "Security deposit agreement",
    ],
)
def test_a_title_of_something_else_names_no_type(title: str) -> None:
    assert recognise(evidence(title)).document_type == ""


def test_a_title_partly_known_needs_its_sections() -> None:
    kind = catalogue().document_types["backup-policy"]
    assert recognise(evidence("Backup concerns")).document_type == ""
    assert recognise(evidence("", kind.expected_sections)).document_type == ""
    assert recognise(evidence("Backup of our policy data", kind.expected_sections)).document_type == kind.id


def test_the_longer_title_and_the_more_particular_one_win() -> None:
    assert set(strengths(["Internal audit report"])) == {"internal-audit-report"}
    assert strengths(["Supplier evaluation"])["supplier-evaluation"] == 1
    assert strengths(["Standard operating procedure: document control"]).keys() == {"document-control-procedure"}
    assert strengths(["Holiday procedure"], may_be_general=False) == {}
    weaker = strengths(["Risk register of the northern plant"])["risk-register"]
    assert 0.8 < weaker < 1 and strengths(["Risk register training"])["risk-register"] < 0.8


def test_the_title_is_found_below_a_letterhead_and_in_a_header() -> None:
    lines = ("Acme", "12 Mill Road", "Phone 555 0100", "Internal", "Risk register", "It is kept by the manager.")
    assert first_lines(lines) == (list(lines[:4]), ["Risk register"])
    headers = header_lines(["Acme\t\tRisk register", "Acme", "See the manual."])
    assert headers == ["Acme", "Risk register"]
    found = recognise(Evidence(titles=("Acme",), headings=(), labels=(), texts=(), headers=tuple(headers)))
    assert found.document_type == "risk-register"
    manual = Evidence(("SOP: Welding",), (), (), (), headers=("Quality manual",))
    assert recognise(manual).document_type == "standard-operating-procedure"
    below = Evidence(("Standard operating procedure",), (), (), (), fronts=("Document control",))
    assert recognise(below).document_type == "document-control-procedure"


def test_a_heading_near_the_top_is_no_title() -> None:
    document = docx.Document()
    for text, level in (("Acme", 0), ("Document control", 1), ("Risk register", 1)):
        document.add_paragraph(text) if not level else document.add_heading(text, level)
    made = io.BytesIO()
    document.save(made)
    template = Template(name="Form", file=Artifact(filename="form.docx"))
    classify(template, parse(made.getvalue()))
    assert template.document_type == ""


def test_a_standard_named_in_passing_is_not_served() -> None:
    words = [word for one in get_standard("iso-27001-2022").clauses for word in one.keywords]
    text = "Are you certified to ISO 9001? Or ISO 27001? " + ". ".join(words[:150])
    assert list(recognise(evidence("Questionnaire", text=text)).standards) == ["iso-27001-2022"]
    assert "iso-9001-2015" in recognise(evidence("ISO 9001 questionnaire", text=text)).standards


def test_a_standard_is_recognised_by_name_by_words_and_by_the_type() -> None:
    named = recognise(evidence("Manual", text="We follow ISO/IEC 27001:2022 and DIN EN ISO 9001."))
    assert named.standards == {"iso-9001-2015": 0.8, "iso-27001-2022": 0.8}
    policy = catalogue().document_types["backup-policy"]
    by_type = recognise(evidence(policy.name, policy.expected_sections))
    assert by_type.standards == {"iso-27001-2022": 0.6}
    words = [word for one in get_standard("iso-22000-2018").clauses for word in one.keywords]
    assert list(recognise(evidence(text=". ".join(words[:150]))).standards) == ["iso-22000-2018"]


def test_words_are_the_same_whatever_their_endings() -> None:
    assert key_stems("The policies were approved") == key_stems("Policy, were approval")
    wording = Wording(["Control of documented information.", "Internal", "audits"])
    assert wording.has("controls of documented information") and not wording.has("internal audit")
    assert within_limit(["a" * 200_000, "b" * 200_000, "c"]) == ("a" * 200_000,)


# --- browsed --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_catalogue_is_open_to_who_is_signed_in(client_of_viewer: Client) -> None:
    listed = client_of_viewer.get("/api/v1/standards").json()
    assert next(one["id"] for one in listed) == "iso-9001-2015" and len(listed) == 9
    clauses = client_of_viewer.get("/api/v1/standards/iso-9001-2015").json()["clauses"]
    assert next(one for one in clauses if one["number"] == "4.3")["documented"] == "maintain"
    assert client_of_viewer.get("/api/v1/standards/iso-1").status_code == 404
    types = client_of_viewer.get("/api/v1/document-types").json()
    assert {"id", "name", "expected_sections"} <= types[0].keys() and len(types) == 81
    assert Client().get("/api/v1/standards").status_code == 401
