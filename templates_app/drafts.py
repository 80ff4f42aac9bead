"""What people decide about texts that a language model wrote. Until one is accepted, no file has it."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts_app.access import Actor, record_audit
from accounts_app.choices import Role
from accounts_app.errors import BadInput, NotFound
from jobs_app.models import Question
from jobs_app.questions import answer_question
from templates_app.choices import DraftStatus, FieldType
from templates_app.errors import DraftDecided, DraftNotReady
from templates_app.making import DRAFTS_QUESTION
from templates_app.models import Document, Draft, TemplateField
from templates_app.values import WrongValue, clean_value


def decide_draft(document_id: uuid.UUID, key: str, status: str, *, text: str = "", actor: Actor) -> Draft:
    """Accept a text, accept it with changes (``edited``, with the text), or reject it. The same again does nothing.

    A decision may be changed until the last one is made: then the document is. Raises ``DraftDecided``,
    ``DraftNotReady``, ``BadInput`` for the text, ``NotAllowed`` and ``NotFound``.
    """
    wanted = _checked_status(status)
    with transaction.atomic():
        document = Document.objects.select_for_update(no_key=True, of=("self",)).get_for(actor, id=document_id)
        actor.check(Role.EDITOR, document.customer_id)
        draft = document.drafts.filter(field_key=key).first()
        if draft is None:
            raise NotFound("There is no drafted text for this field.")
        edited = _checked_text(key, text) if wanted == DraftStatus.EDITED else ""
        if wanted == DraftStatus.EDITED and edited == draft.text:
            wanted, edited = DraftStatus.ACCEPTED, ""
        if (draft.status, draft.edited_text) == (wanted, edited):
            return draft
        question = _open_question(document)
        draft.status, draft.edited_text = wanted, edited
        draft.decided_by, draft.decided_at = actor.user, timezone.now()
        draft.save(update_fields=["status", "edited_text", "decided_by", "decided_at"])
        record_audit(actor, f"draft.{wanted}", document, key=key)
        if not document.drafts.filter(status=DraftStatus.OPEN).exists():
            answer_question(question.id, {"go_on": True}, actor=actor)
    return draft


def _checked_status(status: str) -> DraftStatus:
    decisions = [one for one in DraftStatus if one != DraftStatus.OPEN]
    if status not in decisions:
        raise BadInput(f"A text is {', '.join(decisions)}.", field="status")
    return DraftStatus(status)


def _checked_text(key: str, text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise BadInput("Give the text, or reject the one that was drafted.", field="text")
    try:
        return str(clean_value(TemplateField(key=key, type=FieldType.LONG_TEXT), text.replace("\r\n", "\n").strip()))
    except WrongValue as wrong:
        raise BadInput(str(wrong), field="text") from None


def _open_question(document: Document) -> Question:
    """That of the document's job; without one the texts are not ready yet, or everything was decided."""
    asked = Question.objects.filter(job=document.job, key=DRAFTS_QUESTION)
    question = asked.first()
    if question is None:
        raise DraftNotReady()
    if question.answered_at is not None:
        raise DraftDecided()
    return question
