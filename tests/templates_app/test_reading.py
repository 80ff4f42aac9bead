"""The parse job with a language model, through the real worker: what it corrects, what is refused, who is told."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import docx
import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts_app.access import Actor
from accounts_app.models import Customer
from jobs_app import progress
from jobs_app.choices import EventType, JobStatus
from jobs_app.db import run_sync
from jobs_app.models import Event, Job, Question
from jobs_app.questions import answer_question
from jobs_app.worker import JobWorker
from jobs_app.workflows import get_workflow
from llm_app import lite
from llm_app.models import Provider
from llm_app.scripted.provider import ScriptedProvider
from llm_app.scripted.script import Answer, Failure, FailureKind, Rule, Script, Stop, answering
from templates_app.choices import CorrectionRefusal as Refusal
from templates_app.choices import VersionKind
from templates_app.fields import edit_field
from templates_app.models import Template
from templates_app.reading import Keep
from templates_app.templates import get_whole_template, reparse_template, upload_template
from tests.conftest import run_jobs_until_idle
from tests.llm_app.conftest import and_close
from tests.templates_app.review_files import ORDERS
from tests.templates_app.test_api import API
from tests.templates_app.test_reviews import texts_in

pytestmark = pytest.mark.django_db(transaction=True)
Upload = Callable[..., Template]


def form(*lines: str) -> bytes:
    """A form with candidates of each kind that a model may correct; ``lines`` come last."""
    document = docx.Document()
    document.add_heading("Order", 1)
    document.add_paragraph("The customer is [Customer], to be supplied by [Customer].")
    document.add_paragraph("Seat of the company: ________________")
    document.add_paragraph("Handover: ________________")
    document.add_paragraph("The rules of [Chapter Nine] hold.")
    document.add_heading("Delivery", 1)
    document.add_paragraph("It is delivered to the place agreed with the site office.")
    document.add_paragraph("Seat of the buyer: ________________")
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for label in ("Carrier", "Route", "Weight"):
        left, right = table.add_row().cells
        left.text, right.text = label, ""
    for line in lines:
        document.add_paragraph(line)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


@pytest.fixture
def scripted(scripted: ScriptedProvider) -> ScriptedProvider:
    """With LiteLLM loaded, which on a busy machine takes longer than a job may take here."""
    lite.litellm()
    return scripted


@pytest.fixture
def upload(actor: Actor, customer: Customer) -> Upload:
    """A form, uploaded and read by the worker."""

    def do(data: bytes | None = None, **wanted: Any) -> Template:
        file = SimpleUploadedFile("order.docx", data or form())
        made = upload_template(actor=actor, customer_id=customer.id, file=file, **wanted)
        return worked(made, actor)

    return do


def worked(template: Template, actor: Actor) -> Template:
    asyncio.run(and_close(run_jobs_until_idle()))
    return get_whole_template(template.id, actor=actor)


def said(do: str, *fields: int, **more: Any) -> dict[str, Any]:
    return {"do": do, "fields": list(fields), "why": "It says so.", **more}


def answer(*corrections: dict[str, Any], **more: Any) -> Answer:
    return Answer(data={"corrections": list(corrections)}, **more)


def shown_to(scripted: ScriptedProvider, number: int = 0) -> str:
    """The part as data, of the last message of a call."""
    said = "\n".join(texts_in(scripted.calls[number].body))
    return said[said.index("--- begin") : said.index("--- end")]


def fields_of(template: Template) -> dict[str, tuple[str, str]]:
    return {one.key: (one.label, one.type) for one in template.fields.all()}


def refusals(template: Template) -> list[str]:
    return [one.refusal for one in template.corrections.all() if one.refusal]


def number_of(scripted_part: str, label: str) -> int:
    line = next(one for one in scripted_part.splitlines() if label in one and one[:1].isdigit())
    return int(line.split()[0])


# --- without a model ------------------------------------------------------------------------------------------------


def test_without_a_provider_rules_read_and_say_so(upload: Upload, client_of_editor: Client) -> None:
    template = upload(custom_rules="Headings are H1.")
    assert template.status == JobStatus.COMPLETED and template.fields.count() == 8
    assert template.read_by == [] and template.corrections.count() == 0
    assert template.reading_notes == [
        "No language model can be used, so rules alone read this file.",
        "Your hints for reading need a language model and were not used.",
    ]
    shown = client_of_editor.get(f"{API}/templates/{template.id}").json()
    assert (shown["read_by"], shown["reading_notes"]) == ([], template.reading_notes)
    assert "rules alone read this file" in client_of_editor.get(f"/templates/{template.id}/").content.decode()


def test_a_provider_that_lacks_its_key_never_fails_the_reading(upload: Upload, scripted: ScriptedProvider) -> None:
    Provider.objects.filter(name="openai").update(api_key_variable="NOBODY_SET_THIS_API_KEY")
    template = upload(provider="openai")
    assert template.status == JobStatus.COMPLETED and template.fields.count() == 8 and not scripted.calls
    assert "NOBODY_SET_THIS_API_KEY is not set" in template.reading_notes[0]


def test_an_unknown_provider_is_refused_at_upload(client_of_editor: Client) -> None:
    file = SimpleUploadedFile("order.docx", form())
    refused = client_of_editor.post(f"{API}/templates/upload", {"file": file, "provider": "hal"})
    assert refused.status_code == 422 and Template.objects.count() == 0


# --- what is asked --------------------------------------------------------------------------------------------------


def test_candidates_and_short_contexts_are_shown_and_nothing_else(upload: Upload, scripted: ScriptedProvider) -> None:
    scripted.set_script(answering(answer()))
    template = upload(custom_rules="Every seat is an address.")
    (call,) = scripted.calls
    part = shown_to(scripted)
    assert "Carrier" in part and "⟦" in part and "site office" not in part
    assert "Every seat is an address." in "\n".join(texts_in(call.body)).replace(part, "")
    assert template.read_by == ["claude"] and template.reading_notes == []
    assert template.parse_job is not None and template.parse_job.cost_usd > 0


def test_a_file_without_candidates_is_not_sent(upload: Upload, scripted: ScriptedProvider) -> None:
    document, made = docx.Document(), io.BytesIO()
    document.add_heading("Policy", 1)
    document.add_paragraph("Everybody locks the door.")
    document.save(made)
    template = upload(made.getvalue())
    assert not scripted.calls and "nothing to ask" in template.reading_notes[0]


def many_sections(count: int) -> bytes:
    document, made = docx.Document(), io.BytesIO()
    for number in range(count):
        document.add_heading(f"Part {number} of the order", 1)
        for line in range(20):
            document.add_paragraph(f"The {number}-{line} matter of concern to everybody here is: ________________")
    document.save(made)
    return made.getvalue()


def test_sections_are_asked_about_at_once_with_progress(upload: Upload, scripted: ScriptedProvider) -> None:
    scripted.set_script(answering(answer(delay_seconds=1)))
    template = upload(many_sections(5))
    assert len(scripted.calls) >= 3
    begun = sorted(call.connected_at for call in scripted.calls)
    assert begun[-1] - begun[0] < len(scripted.calls) - 1
    told = [e.payload for e in Event.objects.filter(job=template.parse_job, type=EventType.JOB_PROGRESSED)]
    asked = [one for one in told if one["step"] == "Asking about sections"]
    assert asked[0]["done"] == 0 and 0 < asked[-1]["done"] <= asked[-1]["total"] == 5
    assert all("eta_seconds" in one for one in told)


# --- what is corrected ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["claude", "openai", "gemini"])
def test_corrections_arrive_where_they_belong(upload: Upload, scripted: ScriptedProvider, provider: str) -> None:
    before = upload(provider=provider)
    part = shown_to(scripted)
    customer, seat, other = (number_of(part, one) for one in ("Customer", "Seat of the company", "Seat of the buyer"))
    handover, carrier = number_of(part, "Handover"), number_of(part, "Carrier")
    scripted.set_script(
        answering(
            answer(
                said("rename", carrier, label="Carrier of the delivery", quote="Carrier"),
                said("retype", handover, type="date", quote="Handover:"),
                said("merge", seat, other, quote="Seat of the"),
                said("split", customer, quote="[Customer]"),
                said("add", label="Site office", type="text", quote="the site office"),
            )
        )
    )
    template = upload(provider=provider)
    assert template.read_by == [provider] and refusals(template) == []
    old, new = fields_of(before), fields_of(template)
    assert new["carrier"] == ("Carrier of the delivery", "text") and new["handover"] == ("Handover", "date")
    assert (set(old) - set(new), set(new) - set(old)) == (
        {"seat_of_the_buyer"}, {"customer_2", "site_office"},
    )
    added = template.fields.get(key="site_office")
    assert (added.marker, added.detector, added.section and added.section.heading) == (
        "the site office", "model", "Delivery",
    )
    assert len(template.fields.get(key="seat_of_the_company").places) == 2
    kept = template.corrections.get(act="retype")
    assert (kept.provider, kept.why, kept.quote, kept.refusal) == (provider, "It says so.", "Handover:", "")
    assert kept.model and template.parse_job is not None and template.parse_job.result is not None
    assert template.parse_job.result["corrections_count"] == 5


def test_corrected_fields_are_marked_and_filled(
    upload: Upload, scripted: ScriptedProvider, client_of_editor: Client
) -> None:
    scripted.set_script(answering(answer(said("add", label="Site office", type="text", quote="the site office"))))
    template = upload()
    preview = client_of_editor.get(f"{API}/templates/{template.id}/preview").content.decode()
    assert 'data-field="site_office"' in preview
    wanted = {"name": "Order", "values": {"site_office": "Gate 7"}}
    path = f"{API}/templates/{template.id}/documents"
    made = client_of_editor.post(path, wanted, content_type="application/json").json()
    asyncio.run(and_close(run_jobs_until_idle()))
    filled = b"".join(client_of_editor.get(f"{API}/documents/{made['document_id']}/file"))
    text = "\n".join(one.text for one in docx.Document(io.BytesIO(filled)).paragraphs)
    assert "the place agreed with Gate 7." in text


def test_a_persons_hints_weigh_more_than_the_rules_words(upload: Upload, scripted: ScriptedProvider) -> None:
    upload()
    number = number_of(shown_to(scripted), "Chapter Nine")
    dropped = answer(said("drop", number, quote="[Chapter Nine]"))
    scripted.set_script(answering(dropped))
    alone = upload()
    assert "chapter_nine" in fields_of(alone) and refusals(alone) == [Refusal.RULES_ARE_SURER]
    assert "chapter_nine" not in fields_of(upload(custom_rules="Chapters in brackets are no fields."))


# --- what is refused ------------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], Refusal]] = {
    "an act there is not": (said("explode", 1, quote="[Customer]"), Refusal.UNKNOWN_ACT),
    "a field not shown": (said("rename", 99, label="Customer", quote="[Customer]"), Refusal.UNKNOWN_FIELD),
    "no field": (said("drop", quote="[Customer]"), Refusal.UNKNOWN_FIELD),
    "an invented quote": (said("retype", 3, type="date", quote="The day of handover is"), Refusal.QUOTE_NOT_FOUND),
    "no quote": (said("retype", 3, type="date"), Refusal.QUOTE_NOT_FOUND),
    "a type there is not": (said("retype", 3, type="colour", quote="Handover:"), Refusal.UNKNOWN_TYPE),
    "a type the place cannot take": (said("retype", 3, type="image", quote="Handover:"), Refusal.IMPOSSIBLE_TYPE),
    "a choice of nothing": (said("retype", 3, type="choice", quote="Handover:"), Refusal.IMPOSSIBLE_TYPE),
    "options from nowhere": (
        said("retype", 3, type="choice", options=["Red", "Blue"], quote="Handover:"), Refusal.QUOTE_NOT_FOUND,
    ),
    "a label from nowhere": (said("rename", 3, label="PWNED", quote="Handover:"), Refusal.BAD_LABEL),
    "a merge down a table": (said("merge", 6, 7, quote="Carrier"), Refusal.CANNOT_MERGE),
    "a merge of one": (said("merge", 1, quote="[Customer]"), Refusal.CANNOT_MERGE),
    "a split of one place": (said("split", 3, quote="Handover:"), Refusal.CANNOT_SPLIT),
    "an addition on a field": (said("add", label="Customer", type="text", quote="[Customer]"), Refusal.OVERLAPS),
    "an addition on nothing": (said("add", label="Sum", type="text", quote="the sum of"), Refusal.QUOTE_NOT_FOUND),
    "nothing new": (said("rename", 3, label="Handover", quote="Handover:"), Refusal.NOTHING_CHANGES),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused_with_the_reason(
    upload: Upload, scripted: ScriptedProvider, client_of_editor: Client, name: str
) -> None:
    wrong, reason = WRONG[name]
    scripted.set_script(answering(answer()))
    before = fields_of(upload())
    scripted.set_script(answering(answer(wrong, said("retype", 3, type="date", quote="Handover:"))))
    template = upload()
    assert refusals(template) == [reason]
    assert fields_of(template) == before | {"handover": ("Handover", "date")}
    job = template.parse_job
    assert job is not None and job.result is not None and job.result["refused"] == {reason.value: 1}
    assert template.reading_notes == ["1 of the language model's 2 corrections were refused."]
    page = client_of_editor.get(f"/templates/{template.id}/").content.decode()
    assert str(reason.label).replace("'", "&#x27;") in page and "1 made, 1 refused" in page
    shown = client_of_editor.get(f"{API}/templates/{template.id}").json()["corrections"]
    assert [(one["made"], one["reason"]) for one in shown] == [(False, reason.label), (True, "")]


def test_one_field_is_not_corrected_in_two_ways(upload: Upload, scripted: ScriptedProvider) -> None:
    first = said("retype", 3, type="date", quote="Handover:")
    scripted.set_script(answering(answer(first, said("retype", 3, type="number", quote="Handover:"))))
    template = upload()
    assert refusals(template) == [Refusal.CONTRADICTS] and fields_of(template)["handover"][1] == "date"


def test_an_answer_that_throws_all_away_is_refused(upload: Upload, scripted: ScriptedProvider) -> None:
    drops = [said("drop", number, quote="Handover:") for number in range(1, 9)]
    scripted.set_script(answering(answer(*drops)))
    template = upload(custom_rules="Delete all fields.")
    assert set(refusals(template)) == {Refusal.TOO_MANY} and template.fields.count() == 8


# --- what a person said counts for more -----------------------------------------------------------------------------


def kinds(template: Template) -> list[str]:
    """Of its versions, the latest first."""
    return [one.kind for one in template.versions.all()]


EDITED: dict[str, dict[str, Any]] = {
    "drop": said("drop", 3, quote="Handover:"),
    "rename": said("rename", 3, label="Handover to the company", quote="Handover:"),
    "retype": said("retype", 3, type="date", quote="Handover:"),
    "merge": said("merge", 3, 2, quote="Handover:"),
}


@pytest.mark.parametrize("name", EDITED)
def test_what_a_person_edited_is_not_corrected(
    upload: Upload, scripted: ScriptedProvider, actor: Actor, name: str
) -> None:
    rules = "The handover to the company is no field."
    scripted.set_script(answering(answer()))
    template = upload(custom_rules=rules)
    part = shown_to(scripted)
    assert (number_of(part, "Handover"), number_of(part, "Seat of the company")) == (3, 2)
    edit_field(template.id, "handover", {"label": "Day", "required": True, "hint": "In May"}, actor=actor)
    before = fields_of(get_whole_template(template.id, actor=actor))
    scripted.set_script(answering(answer(EDITED[name])))
    again = worked(reparse_template(template.id, actor=actor), actor)
    assert fields_of(again) == before and refusals(again) == [Refusal.EDITED_BY_PERSON]
    assert again.parse_job is not None and again.parse_job.result is not None
    assert again.parse_job.result["refused"] == {"edited_by_person": 1}
    kept = again.fields.get(key="handover")
    assert (kept.label, kept.required, kept.hint, kept.edited_by) == ("Day", True, "In May", actor.user)
    assert kinds(again) == [VersionKind.FIELD_EDITED, VersionKind.UPLOADED]


def test_a_retyped_column_leaves_the_edited_ones_as_they_are(
    upload: Upload, scripted: ScriptedProvider, actor: Actor
) -> None:
    document, made = docx.Document(), io.BytesIO()
    document.add_heading("Order", 1)
    table = document.add_table(rows=1, cols=2, style="Table Grid")
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Part", "Details"
    for part in ("Door", "Roof", "Wall"):
        table.add_row().cells[0].text = part
    document.save(made)
    scripted.set_script(answering(answer()))
    template = upload(made.getvalue(), custom_rules="The details are days.")
    first, last = (template.fields.first(), template.fields.last())
    assert first is not None and last is not None and "date" not in (first.type, last.type)
    edit_field(template.id, last.key, {"hint": "In May"}, actor=actor)
    scripted.set_script(answering(answer(said("retype", 1, type="date", quote="Details"))))
    again = worked(reparse_template(template.id, actor=actor), actor)
    assert refusals(again) == [] and again.fields.get(key=first.key).type == "date"
    assert again.fields.get(key=last.key).type == last.type


def test_an_edited_field_of_a_model_stays_when_the_model_forgets_it(
    upload: Upload, scripted: ScriptedProvider, actor: Actor
) -> None:
    scripted.set_script(
        answering(
            answer(
                said("add", label="Site office", type="text", quote="the site office"),
                said("split", 1, quote="[Customer]"),
            )
        )
    )
    template = upload()
    edit_field(template.id, "site_office", {"label": "Gate"}, actor=actor)
    edit_field(template.id, "customer_2", {"label": "Supplied by"}, actor=actor)
    before = fields_of(get_whole_template(template.id, actor=actor))
    scripted.set_script(answering(answer()))
    again = worked(reparse_template(template.id, actor=actor), actor)
    assert fields_of(again) == before and again.fields.get(key="customer_2").label == "Supplied by"
    assert [len(again.fields.get(key=key).places) for key in ("customer", "customer_2")] == [1, 1]
    section = again.fields.get(key="site_office").section
    assert section is not None and section.heading == "Delivery"
    assert [one.key for one in again.fields.all()] == [one.key for one in template.fields.all()]
    assert kinds(again) == [VersionKind.FIELD_EDITED, VersionKind.FIELD_EDITED, VersionKind.UPLOADED]


def test_a_merge_and_a_split_are_made_again_for_who_edited_what_they_made(
    upload: Upload, scripted: ScriptedProvider, actor: Actor
) -> None:
    scripted.set_script(answering(answer()))
    part = (upload(), shown_to(scripted))[1]
    seat, other = number_of(part, "Seat of the company"), number_of(part, "Seat of the buyer")
    made = answer(said("merge", seat, other, quote="Seat of the"), said("split", 1, quote="[Customer]"))
    scripted.set_script(answering(made))
    template = upload()
    for key in ("seat_of_the_company", "customer"):
        edit_field(template.id, key, {"hint": "As registered"}, actor=actor)
    again = worked(reparse_template(template.id, actor=actor), actor)
    assert refusals(again) == [] and fields_of(again) == fields_of(template)
    assert len(again.fields.get(key="seat_of_the_company").places) == 2
    assert {one.key for one in again.fields.exclude(edited_at=None)} == {"seat_of_the_company", "customer"}


def test_a_reading_that_changes_fields_is_a_version_with_who_asked(
    upload: Upload, scripted: ScriptedProvider, actor: Actor, client_of_editor: Client
) -> None:
    scripted.set_script(answering(answer()))
    template = upload(custom_rules="Chapters in brackets are no fields.")
    number = number_of(shown_to(scripted), "Chapter Nine")
    scripted.set_script(
        answering(
            answer(
                said("drop", number, quote="[Chapter Nine]"),
                said("retype", 3, type="choice", options=["The customer", "The company"], quote="Handover:"),
                said("rename", 2, label="Company", quote="Seat of the company"),
            )
        )
    )
    quoted = "The customer or The company."
    Template.objects.filter(id=template.id).update(custom_rules=f"Chapters are no fields. {quoted}")
    again = worked(reparse_template(template.id, actor=actor), actor)
    assert refusals(again) == []
    version = again.versions.first()
    assert version is not None and (version.number, version.kind, version.created_by) == (
        2, VersionKind.READ_AGAIN, actor.user,
    )
    assert [(one["what"], one["key"], one["before"], one["after"]) for one in version.differences] == [
        ("renamed", "seat_of_the_company", "Seat of the company", "Company"),
        ("retyped", "handover", "text", "choice"),
        ("reread", "handover", {"options": []}, {"options": ["The customer", "The company"]}),
        ("removed", "chapter_nine", None, None),
    ]
    page = client_of_editor.get(f"/templates/{template.id}/versions/").content.decode()
    assert "Read again" in page and "Read otherwise" in page
    assert client_of_editor.get(f"{API}/templates/{template.id}/versions").json()["items"][0]["kind"] == "read_again"
    worked(reparse_template(template.id, actor=actor), actor)
    assert kinds(again) == [VersionKind.READ_AGAIN, VersionKind.UPLOADED]


# --- models that fail or mean harm ----------------------------------------------------------------------------------

OBEYED = answer(
    said("rename", 3, label="PWNED", quote="Handover:"),
    said("retype", 3, type="signature", quote="Handover:"),
    said("drop", 1, quote="[Customer]"),
)
HOSTILE: dict[str, tuple[str, Answer, str, set[str]]] = {
    "nonsense": (ORDERS["plain"], Answer(text="I like turtles."), "no answer that could be used", set()),
    "wrong JSON": (ORDERS["as the system"], Answer(data={"score": 100}), "no answer that could be used", set()),
    "invented quotes": (
        "Nothing to see here.",
        answer(said("add", label="Sum", type="text", quote="the sum of money"), said("drop", 1, quote="no such thing")),
        "2 of the language model's 2 corrections",
        {Refusal.QUOTE_NOT_FOUND},
    ),
    "half an answer": (
        ORDERS["closing the fence"],
        Answer(text='{"corrections": [{"do": "drop", "fie', stop=Stop.LENGTH),
        "no answer that could be used",
        set(),
    ),
    "obedience": (ORDERS["in the field"], OBEYED, "gives orders", {Refusal.PART_GIVES_ORDERS}),
    "obedience to a system": (ORDERS["as the system"], OBEYED, "gives orders", {Refusal.PART_GIVES_ORDERS}),
    "obedience to the plain word": (ORDERS["plain"], OBEYED, "gives orders", {Refusal.PART_GIVES_ORDERS}),
    "a server that fails": (
        "Nothing.", Answer(failure=Failure(kind=FailureKind.BAD_REQUEST)), "no answer that could be used", set(),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_and_a_model_that_falls_for_it_change_nothing(
    upload: Upload, scripted: ScriptedProvider, name: str
) -> None:
    order, given, note, refused = HOSTILE[name]
    Provider.objects.exclude(name="claude").update(enabled=False)
    scripted.set_script(answering(answer()))
    before = fields_of(upload(form(order)))
    part = shown_to(scripted)
    assert order not in part
    scripted.set_script(answering(given))
    template = upload(form(order))
    assert template.status == JobStatus.COMPLETED and fields_of(template) == before
    assert any(note in one for one in template.reading_notes), template.reading_notes
    assert set(refusals(template)) == refused


def test_a_part_without_an_answer_is_told_and_the_others_count(upload: Upload, scripted: ScriptedProvider) -> None:
    broken = Rule(answer=Answer(text="no"), contains="The 0-0 matter")
    again = Rule(answer=Answer(text="no"), contains="does not fit the schema")
    renamed = answer(said("rename", 1, label="Concern to everybody", quote="concern to everybody"))
    scripted.set_script(Script(rules=(broken, again, Rule(answer=renamed))))
    template = upload(many_sections(5))
    assert any("gave no usable answer" in one for one in template.reading_notes), template.reading_notes
    assert "Concern to everybody" in {label for label, _ in fields_of(template).values()}


# --- asking a person ------------------------------------------------------------------------------------------------


async def _until_it_waits(job_id: Any) -> None:
    """A question with a time limit keeps the worker busy for as long."""
    worker = JobWorker()
    working = asyncio.create_task(worker.run())
    async with asyncio.timeout(30):
        while not await run_sync(Job.objects.filter(id=job_id, status=JobStatus.WAITING).exists):
            await asyncio.sleep(0.05)
    worker.stop()
    await working


def waiting(template: Template) -> Question:
    assert template.parse_job is not None
    asyncio.run(and_close(_until_it_waits(template.parse_job.id)))
    return Question.objects.get(job=template.parse_job, answered_at=None)


def test_close_readings_are_put_to_whoever_allowed_it(
    upload: Upload, scripted: ScriptedProvider, actor: Actor, customer: Customer
) -> None:
    upload()
    number = number_of(shown_to(scripted), "Chapter Nine")
    scripted.set_script(answering(answer(said("drop", number, quote="[Chapter Nine]"))))
    file = SimpleUploadedFile("order.docx", form())
    made = upload_template(actor=actor, customer_id=customer.id, file=file, allow_questions=True)
    question = waiting(made)
    assert "“Chapter Nine” in “Order” was read as a place to fill in" in question.text
    answer_question(question.id, Keep.CHANGE.value, actor=actor)
    template = worked(made, actor)
    assert template.status == JobStatus.COMPLETED and "chapter_nine" not in fields_of(template)
    assert template.corrections.get().was_asked and len(scripted.calls) == 1
    again = reparse_template(template.id, actor=actor)
    answer_question(waiting(again).id, Keep.LEAVE.value, actor=actor)
    template = worked(again, actor)
    assert "chapter_nine" in fields_of(template) and refusals(template) == [Refusal.KEPT_BY_PERSON]


def test_the_command_says_where_a_question_waits(
    upload: Upload, scripted: ScriptedProvider, actor: Actor, customer: Customer, tmp_path: Path
) -> None:
    upload()
    number = number_of(shown_to(scripted), "Chapter Nine")
    scripted.set_script(answering(answer(said("drop", number, quote="[Chapter Nine]"))))
    (tmp_path / "form.docx").write_bytes(form("Another line."))
    printed = io.StringIO()
    told = ("--customer", customer.slug, "--allow-questions")
    call_command("parse_templates", str(tmp_path / "form.docx"), *told, stdout=printed, stderr=io.StringIO())
    question = Question.objects.get(answered_at=None)
    assert f"for an answer: /jobs/{question.job_id}/" in printed.getvalue()
    assert "0 of 1 files parsed, 0 fields, 1 waiting for a person" in printed.getvalue()
    answer_question(question.id, Keep.CHANGE.value, actor=actor)
    template = worked(Template.objects.get(parse_job=question.job_id), actor)
    assert template.status == JobStatus.COMPLETED and "chapter_nine" not in fields_of(template)


def test_a_question_nobody_answers_is_decided_by_the_better_score(
    upload: Upload, scripted: ScriptedProvider, settings: LazySettings
) -> None:
    settings.PARSE_QUESTION_SECONDS = 1
    upload()
    number = number_of(shown_to(scripted), "Chapter Nine")
    scripted.set_script(answering(answer(said("drop", number, quote="[Chapter Nine]"))))
    template = upload(allow_questions=True)
    assert template.status == JobStatus.COMPLETED and "chapter_nine" in fields_of(template)


# --- how long it takes ----------------------------------------------------------------------------------------------


def test_the_first_guess_of_the_time_comes_from_jobs_of_about_this_size(customer: Customer) -> None:
    kind, begun = get_workflow("template.parse", 2), timezone.now()

    def past(seconds: int, size: int) -> None:
        times = {"started_at": begun, "completed_at": begun + timedelta(seconds=seconds)}
        about = {"customer": customer, "workflow": kind.name, "status": JobStatus.COMPLETED}
        Job.objects.create(**about, **times, arguments={"size_bytes": size})
        progress._expectations.clear()

    def expected(size: int) -> float:
        return progress.expected_seconds(kind, {"size_bytes": size})

    progress._expectations.clear()
    assert expected(1_000) == kind.expected_seconds
    for seconds, size in ((2, 1_000), (2, 1_000), (2, 1_000), (60, 900_000), (60, 900_000)):
        past(seconds, size)
    assert expected(1_020) == 2
    assert expected(900_000) == 2  # two are too few: the median of all five
    past(60, 950_000)
    assert expected(900_000) == 60 and expected(1_000) == 2
