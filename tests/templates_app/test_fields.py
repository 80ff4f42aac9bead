"""Fields: what a person may change, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from accounts_app.access import Actor, actor_for
from accounts_app.errors import NotAllowed, NotFound
from accounts_app.models import AuditEntry, User
from templates_app.errors import BadField, TemplateArchived
from templates_app.fields import edit_field, types_for
from templates_app.models import Template, TemplateField
from templates_app.templates import archive_template, reparse_template
from tests.templates_app.conftest import finish_parse

pytestmark = pytest.mark.django_db


def field_of(template: Template, **by: Any) -> TemplateField:
    return template.fields.filter(**by)[:1].get()


def test_an_edit_is_kept_audited_and_safe_twice(template: Template, actor: Actor, editor: User) -> None:
    changes = {"label": " Our company ", "required": True, "hint": "As registered"}
    for _ in range(2):
        field = edit_field(template.id, "company_name", changes, actor=actor)
    assert (field.label, field.required, field.hint, field.edited_by) == ("Our company", True, "As registered", editor)
    entry = AuditEntry.objects.get(action="field.edited")
    assert entry.data["key"] == "company_name"
    assert entry.data["before"]["label"] == "Company name" and entry.data["after"]["label"] == "Our company"


def test_an_edit_outlives_another_reading(template: Template, actor: Actor) -> None:
    edit_field(template.id, "company_name", {"label": "Our company", "required": True}, actor=actor)
    finish_parse(reparse_template(template.id, actor=actor))
    field = field_of(template, key="company_name")
    assert (field.label, field.required) == ("Our company", True) and field.edited_at is not None


def test_a_text_can_become_a_choice_and_back(template: Template, actor: Actor) -> None:
    choice = edit_field(template.id, "version", {"type": "choice", "options": ["1", " 2 ", ""]}, actor=actor)
    assert (choice.type, choice.options) == ("choice", ["1", "2"])
    text = edit_field(template.id, "version", {"type": "text"}, actor=actor)
    assert (text.type, text.options) == ("text", [])


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"label": "  "}, "label"),
        ({"label": "x" * 501}, "label"),
        ({"label": "\u202eabc\n\n\u0007"}, "label"),
        ({"hint": "As \u202eregistered"}, "hint"),
        ({"hint": "As\0registered"}, "hint"),
        ({"type": "choice", "options": ["a", "b\u0007"]}, "options"),
        ({"label": 7}, "label"),
        ({"hint": "x" * 2001}, "hint"),
        ({"type": "colour"}, "type"),
        ({"type": "table"}, "type"),
        ({"type": "checkbox"}, "type"),
        ({"type": "choice"}, "options"),
        ({"type": "choice", "options": []}, "options"),
        ({"type": "choice", "options": ["a", "a"]}, "options"),
        ({"type": "choice", "options": "a, b"}, "options"),
        ({"options": ["a"]}, "options"),
        ({"required": "yes"}, "required"),
        ({"key": "other"}, "key"),
        ({"places": []}, "places"),
    ],
)
def test_a_bad_change_is_refused_and_says_which(
    template: Template, actor: Actor, changes: dict[str, Any], about: str
) -> None:
    with pytest.raises(BadField) as refused:
        edit_field(template.id, "version", changes, actor=actor)
    assert refused.value.details == {"field": about}
    assert field_of(template, key="version").edited_at is None


def test_structures_keep_their_type(template: Template, actor: Actor) -> None:
    for kind in ("table", "checkbox"):
        field = field_of(template, type=kind)
        assert types_for(field) == [kind]
        with pytest.raises(BadField, match="cannot change"):
            edit_field(template.id, field.key, {"type": "text"}, actor=actor)


def test_boxes_can_be_renamed_but_not_counted_anew(template: Template, actor: Actor) -> None:
    field = field_of(template, key="decision")
    renamed = edit_field(template.id, field.key, {"options": ["Yes", "Yes, if", "No"]}, actor=actor)
    assert renamed.options == ["Yes", "Yes, if", "No"]
    with pytest.raises(BadField, match="3 boxes"):
        edit_field(template.id, field.key, {"options": ["Yes", "No"]}, actor=actor)


def test_who_may_not_edit(template: Template, viewer: User, stranger: User, actor: Actor, manager_actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        edit_field(template.id, "version", {"label": "X"}, actor=actor_for(viewer))
    with pytest.raises(NotFound):
        edit_field(template.id, "version", {"label": "X"}, actor=actor_for(stranger))
    with pytest.raises(NotFound, match="no field"):
        edit_field(template.id, "nothing", {"label": "X"}, actor=actor)
    archive_template(template.id, actor=manager_actor)
    with pytest.raises(TemplateArchived):
        edit_field(template.id, "version", {"label": "X"}, actor=actor)
