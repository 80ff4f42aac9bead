"""The catalogue over the API: standards with their clauses, types of document with what they are expected to hold."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from accounts_app.http import error_responses
from templates_app.standards.catalogue import DocumentType, Standard, catalogue, get_standard

router = Router()


class StandardOut(Schema):
    id: str
    title: str
    subject: str


class ClauseOut(Schema):
    """A clause; evidence and keywords are in our own words, not the standard's."""

    number: str
    title: str
    parent: str | None
    documented: str | None = Field(description="maintain (a document) or retain (a record); null: neither.")
    conditional: bool = Field(description="Applies only where the activity exists.")
    evidence: list[str]
    keywords: list[str]


class StandardDetail(StandardOut):
    clauses: list[ClauseOut]


class ExpectedFieldOut(Schema):
    name: str
    type: str
    required: bool


class DocumentTypeOut(Schema):
    """A type of document: what it is expected to hold, and which clauses it answers to."""

    id: str
    name: str
    kind: str = Field(description="document or record.")
    standards: dict[str, list[str]]
    expected_sections: list[str]
    expected_fields: list[ExpectedFieldOut]


@router.get("/standards", response={200: list[StandardOut], **error_responses()}, summary="Standards")
def list_standards(request: HttpRequest) -> Any:
    return list(catalogue().standards.values())


@router.get(
    "/standards/{standard_id}", response={200: StandardDetail, **error_responses()}, summary="A standard's clauses"
)
def one_standard(request: HttpRequest, standard_id: str) -> Standard:
    return get_standard(standard_id)


@router.get(
    "/document-types", response={200: list[DocumentTypeOut], **error_responses()}, summary="Types of document"
)
def list_document_types(request: HttpRequest) -> list[DocumentType]:
    return list(catalogue().document_types.values())
