"""Rounds over the API: one template, a document for each of several customers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status

from accounts_app.http import actor_of, error_responses
from templates_app.api import IdempotencyKey
from templates_app.downloads import send_zip
from templates_app.rounds import MAX_CUSTOMERS, Candidate, candidates, make_round, zipped_round
from templates_app.schemas import DocumentAccepted, Making, accepted

router = Router()


class MissingField(Schema):
    key: str
    label: str


class CandidateOut(Schema):
    """A customer that a document could be made for."""

    customer: str = Field(alias="customer.slug")
    name: str = Field(alias="customer.name")
    template_id: UUID | None = Field(description="Its own copy of the template; null: it gets one with its document.")
    missing: list[MissingField] = Field(
        description="Fields that must be filled and that its fact sheet has nothing for; not known without a copy."
    )

    @staticmethod
    def resolve_template_id(candidate: Candidate) -> UUID | None:
        return candidate.template.id if candidate.template else None


class RoundRequest(Making):
    """For whom, and how; the values come out of each customer's fact sheet."""

    customers: list[str] = Field(min_length=1, max_length=MAX_CUSTOMERS, description="Slugs.")


class CustomersDocument(DocumentAccepted):
    customer: str
    template_id: UUID = Field(description="The customer's own copy.")


class RefusedCustomer(Schema):
    customer: str = Field(alias="customer.slug")
    message: str


class RoundAccepted(Schema):
    round_id: UUID
    documents: list[CustomersDocument]
    refused: list[RefusedCustomer] = Field(description="Customers that no document is made for, and why.")


@router.get(
    "/templates/{uuid:template_id}/customers",
    response={200: list[CandidateOut], **error_responses(409)},
    summary="Customers that documents of a template could be made for",
)
def list_candidates(request: HttpRequest, template_id: UUID) -> list[Candidate]:
    return candidates(template_id, actor=actor_of(request))


@router.post(
    "/templates/{uuid:template_id}/rounds",
    response={202: RoundAccepted, **error_responses(409, 503)},
    summary="Make a document for each of several customers",
)
def make(
    request: HttpRequest, template_id: UUID, wanted: RoundRequest, idempotency_key: IdempotencyKey = None
) -> Status[dict[str, Any]]:
    """Each is made of the customer's own copy of the template. Customers refused are told and stop nobody."""
    made = make_round(
        actor=actor_of(request),
        template_id=template_id,
        customers=wanted.customers,
        name=wanted.name,
        wishes=wanted.wishes,
        idempotency_key=idempotency_key,
    )
    documents = [
        accepted(one.job, document_id=one.id, template_id=one.template_id) | {"customer": one.customer.slug}
        for one in made.documents
    ]
    return Status(202, {"round_id": made.id, "documents": documents, "refused": made.refused})


@router.get(
    "/rounds/{uuid:round_id}/file",
    response={200: bytes, **error_responses(409, 413)},
    summary="The documents of a round that are ready, zipped, with a report",
)
def download(request: HttpRequest, round_id: UUID) -> HttpResponse:
    return send_zip(*zipped_round(round_id, actor=actor_of(request)))
