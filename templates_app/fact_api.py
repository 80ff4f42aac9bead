"""Facts over the API: the fact sheet, its import, and which fact fills which field."""

# No `from __future__ import annotations` here: ninja cannot resolve them behind `@paginate`.

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Router, Status, UploadedFile
from ninja.pagination import LimitOffsetPagination, paginate

from accounts_app.http import actor_of, error_responses
from templates_app.fact_import import Imported, import_facts
from templates_app.fact_schemas import (
    ConceptOut,
    FactOut,
    FactVersionOut,
    FactWanted,
    ImportedOut,
    KeptOut,
    KeptWanted,
    LinkWanted,
    MatchOut,
)
from templates_app.facts import fact_history, facts_not_stated, remove_fact, state_fact, visible_facts
from templates_app.keeping import Kept, keep_values
from templates_app.matching import Match, link_fact, match_facts, unlink_fact
from templates_app.models import Fact, Template

router = Router()


@router.get("/facts", response={200: list[FactOut], **error_responses()}, summary="The fact sheet, by label")
@paginate(LimitOffsetPagination)
def list_facts(request: HttpRequest, customer: str | None = None) -> Any:
    """`customer` is a slug; left out: the customer you act for."""
    actor = actor_of(request)
    return visible_facts(actor, actor.customer_id(customer))


@router.get(
    "/facts/not-stated",
    response={200: list[ConceptOut], **error_responses()},
    summary="What templates often ask for and the sheet does not say",
)
def list_not_stated(request: HttpRequest, customer: str | None = None) -> list[dict[str, str]]:
    actor = actor_of(request)
    return facts_not_stated(list(visible_facts(actor, actor.customer_id(customer))))


@router.post(
    "/facts/import",
    response={200: ImportedOut, **error_responses(413)},
    summary="Facts out of a CSV or XLSX file: all of them or none",
)
def import_sheet(request: HttpRequest, file: File[UploadedFile], customer: str | None = None) -> Imported:
    """The first row names the columns: value, key or label, and where wanted type and source.

    422 `bad_rows` has a sentence for each row that cannot be used in `details.rows`; then nothing was written.
    """
    actor = actor_of(request)
    return import_facts(file, customer_id=actor.customer_id(customer), actor=actor)


@router.get(
    "/facts/{key}",
    response={200: list[FactVersionOut], **error_responses()},
    summary="All that was said under a key, the latest first",
)
def get_history(request: HttpRequest, key: str, customer: str | None = None) -> list[Fact]:
    actor = actor_of(request)
    return fact_history(key, actor=actor, customer_id=actor.customer_id(customer))


@router.put("/facts/{key}", response={200: FactOut, **error_responses()}, summary="State a fact")
def put_fact(request: HttpRequest, key: str, wanted: FactWanted, customer: str | None = None) -> Fact:
    actor = actor_of(request)
    return state_fact(actor=actor, customer_id=actor.customer_id(customer), key=key, **wanted.dict())


@router.delete("/facts/{key}", response={204: None, **error_responses()}, summary="Take a fact away")
def delete_fact(request: HttpRequest, key: str, customer: str | None = None) -> Status[None]:
    actor = actor_of(request)
    remove_fact(key, actor=actor, customer_id=actor.customer_id(customer))
    return Status(204, None)


@router.post(
    "/documents/{uuid:document_id}/facts",
    response={200: KeptOut, **error_responses()},
    summary="Keep values of a document as facts",
)
def keep(request: HttpRequest, document_id: UUID, wanted: KeptWanted) -> Kept:
    """Author and source stay: who gave the value, or the model that wrote it."""
    return keep_values(document_id, wanted.fields, actor=actor_of(request))


@router.get(
    "/templates/{uuid:template_id}/facts",
    response={200: list[MatchOut], **error_responses()},
    summary="What the fact sheet has for each field of a template",
)
def list_matches(request: HttpRequest, template_id: UUID) -> list[Match]:
    template = Template.objects.get_for(actor_of(request), id=template_id)
    return list(match_facts(template).values())


@router.put(
    "/templates/{uuid:template_id}/fields/{key}/fact",
    response={200: MatchOut, **error_responses(409)},
    summary="Fill a field from this fact, or from none",
)
def put_link(request: HttpRequest, template_id: UUID, key: str, wanted: LinkWanted) -> Match:
    link_fact(template_id, key, wanted.fact, actor=actor_of(request))
    return _match(request, template_id, key)


@router.delete(
    "/templates/{uuid:template_id}/fields/{key}/fact",
    response={200: MatchOut, **error_responses(409)},
    summary="Let keys, labels and meanings decide again",
)
def delete_link(request: HttpRequest, template_id: UUID, key: str) -> Match:
    unlink_fact(template_id, key, actor=actor_of(request))
    return _match(request, template_id, key)


def _match(request: HttpRequest, template_id: UUID, key: str) -> Match:
    return match_facts(Template.objects.get_for(actor_of(request), id=template_id))[key]
