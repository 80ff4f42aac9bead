"""What the header of every page needs."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts_app.access import Actor
from accounts_app.models import Membership

register = template.Library()


@register.simple_tag
def memberships_of(actor: Actor) -> QuerySet[Membership]:
    """The memberships an actor can act in, with their customers."""
    memberships = actor.user.memberships.filter(customer_id__in=list(actor.roles))
    return memberships.select_related("customer").order_by("customer__name")


@register.simple_tag(takes_context=True)
def nav_link(context: dict[str, Any], url_name: str, text: str) -> SafeString | str:
    """A link of the main navigation, marked when it leads to where we are; nothing where there is no such page."""
    try:
        url = reverse(url_name)
    except NoReverseMatch:
        return ""
    request = context.get("request")
    here = request is not None and (request.path == url or (url != "/" and request.path.startswith(url)))
    return format_html('<a href="{}"{}>{}</a>', url, SafeString(' aria-current="page"' if here else ""), text)


@register.filter
def initials(name: str) -> str:
    """One or two letters for a round picture: “Ada Lovelace” and ada.lovelace@example.org are AL."""
    words = name.partition("@")[0].replace(".", " ").replace("-", " ").replace("_", " ").split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words))
