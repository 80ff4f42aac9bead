"""Feeds: what people are told, each in a log of their own with numbers of its own.

Feeds are locked last: after domain rows and after job rows, in the order of their ids. So whoever publishes locks
nothing afterwards that somebody else might hold; ``gathered`` puts off what an atomic step publishes until its event
is appended.
"""

from __future__ import annotations

import contextvars
import json
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from jobs_app import notify
from jobs_app.choices import FeedType
from jobs_app.models import Feed, FeedEntry
from jobs_app.presentation import feed_data
from jobs_app.streams import MOST_AT_ONCE, Entry, Log

# The upsert takes the next number and the row's lock, feed by feed in the order of the ids.
_APPEND = """
    WITH feed AS (
        INSERT INTO jobs_app_feed AS feed (id, user_id, topic, last_number)
        SELECT id, CASE WHEN %(topic)s = '' THEN id END, %(topic)s, 1
          FROM unnest(%(feeds)s::uuid[]) AS wanted (id)
         ORDER BY id
            ON CONFLICT (id) DO UPDATE SET last_number = feed.last_number + 1
     RETURNING id, last_number
    )
    INSERT INTO jobs_app_feedentry (feed_id, number, customer_id, type, data, created_at)
    SELECT id, last_number, %(customer)s::uuid, %(type)s, %(data)s::jsonb, clock_timestamp() FROM feed"""
_READ = """
    SELECT entry.feed_id, entry.number, entry.customer_id, entry.type, entry.data, entry.created_at, feed.topic
      FROM unnest(%s::uuid[], %s::int[]) AS followed (feed_id, number)
      JOIN jobs_app_feed AS feed ON feed.id = followed.feed_id
      JOIN jobs_app_feedentry AS entry ON entry.feed_id = followed.feed_id AND entry.number > followed.number
     ORDER BY entry.feed_id, entry.number
     LIMIT %s"""


@dataclass(frozen=True, slots=True)
class _Publication:
    """One entry for several feeds of one kind; a topic's kind, or "" for users."""

    topic: str
    feed_ids: tuple[uuid.UUID, ...]
    type: FeedType
    data: Mapping[str, Any]
    customer_id: uuid.UUID | None


_gathering: contextvars.ContextVar[list[_Publication] | None] = contextvars.ContextVar("dna_feeds", default=None)


def publish(
    user_ids: Collection[uuid.UUID], type: FeedType, data: Mapping[str, Any], *, customer_id: uuid.UUID | None
) -> None:
    """Tell users, in the transaction of the change. With a customer only those who act for it are shown the entry.

    Call it last, and once: it locks the feeds until the commit. Several calls, or locks taken after it, need
    ``gathered`` around them.
    """
    _publish(_Publication("", tuple(sorted(set(user_ids))), type, data, customer_id))


def publish_to_topic(
    topic: str, topic_id: uuid.UUID, type: FeedType, data: Mapping[str, Any], *, customer_id: uuid.UUID
) -> None:
    """Tell whoever has joined a topic; as ``publish``."""
    _publish(_Publication(topic, (topic_id,), type, data, customer_id))


@contextmanager
def gathered() -> Iterator[None]:
    """Inside a transaction: put off what is published until the end of this block, then lock in one order."""
    if _gathering.get() is not None:
        yield
        return
    publications: list[_Publication] = []
    token = _gathering.set(publications)
    try:
        yield
    finally:
        _gathering.reset(token)
    for publication in _in_lock_order(publications):
        _append(publication)


def _publish(publication: _Publication) -> None:
    gathering = _gathering.get()
    if gathering is None:
        _append(publication)
    else:
        gathering.append(publication)


def _in_lock_order(publications: list[_Publication]) -> list[_Publication]:
    """Feed by feed in the order of the ids; the order within each feed stays."""
    single = [(feed_id, publication) for publication in publications for feed_id in publication.feed_ids]
    single.sort(key=lambda one: one[0])
    return [_Publication(one.topic, (feed_id,), one.type, one.data, one.customer_id) for feed_id, one in single]


def _append(publication: _Publication) -> None:
    values = {
        "topic": publication.topic,
        "feeds": list(publication.feed_ids),
        "customer": publication.customer_id,
        "type": publication.type.value,
        "data": json.dumps(publication.data),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_APPEND, values)
        for feed_id in publication.feed_ids:
            transaction.on_commit(partial(notify.hint, feed_id))


class FeedLog(Log):
    """The entries of feeds, users' and topics'. They never end."""

    def last_number(self, stream_id: uuid.UUID) -> int:
        return Feed.objects.filter(id=stream_id).values_list("last_number", flat=True).first() or 0

    def read(self, after: Mapping[uuid.UUID, int]) -> list[Entry]:
        with connection.cursor() as cursor:
            cursor.execute(_READ, [list(after), list(after.values()), MOST_AT_ONCE])
            return [_entry(*row) for row in cursor.fetchall()]


FEED_LOG = FeedLog()


def read_after(feed_id: uuid.UUID, number: int, *, customer_ids: Collection[uuid.UUID], limit: int) -> list[FeedEntry]:
    """A feed's entries after a number that somebody who acts for these customers may see, oldest first."""
    visible = Q(customer__isnull=True) | Q(customer_id__in=list(customer_ids))
    entries = FeedEntry.objects.filter(visible, feed_id=feed_id, number__gt=number)
    return list(entries.order_by("number")[:limit])


def _entry(feed_id: uuid.UUID, number: int, customer_id: uuid.UUID | None, type: str, *rest: Any) -> Entry:
    data, created_at, topic = rest
    # A plain cursor gives jsonb as text (Django turns the driver's own decoding off).
    row = FeedEntry(feed_id=feed_id, number=number, type=type, data=json.loads(data), created_at=created_at)
    about = {"topic": topic, "topic_id": str(feed_id)} if topic else {}
    return Entry(feed_id, number, type, json.dumps(feed_data(row) | about), customer_id)
