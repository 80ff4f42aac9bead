"""What a user is told, over the API."""

from datetime import datetime
from typing import Annotated, Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase
from ninja import Field, Router, Schema

from accounts_app.http import actor_of, error_responses
from jobs_app import feeds, sse
from jobs_app.followers import Viewer
from jobs_app.hub import get_hub
from jobs_app.presentation import feed_data
from jobs_app.streams import MOST_AT_ONCE

router = Router()


class FeedEntryOut(Schema):
    type: str
    number: int
    data: dict[str, Any]
    timestamp: datetime


class FeedPage(Schema):
    """Entries after a number, oldest first; ask again with ``after=next_after`` until ``entries`` is empty."""

    entries: list[FeedEntryOut]
    next_after: int


@router.get(
    "/feed",
    response={200: FeedPage, **error_responses()},
    openapi_extra=sse.OPENAPI,
    summary="What you are told, as a page or as a stream",
)
async def read_feed(
    request: HttpRequest,
    after: Annotated[int, Field(ge=0, lt=sse.MOST)] = 0,
    limit: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 200,
    stream: bool = False,
) -> dict[str, Any] | HttpResponseBase:
    """With ``Accept: text/event-stream`` or ``?stream=1`` entries come as they happen, after ``Last-Event-ID``.

    Whoever comes in with a key or token for one customer is shown the entries of that customer alone.
    """
    actor = actor_of(request)
    user_id = actor.user.pk
    if stream or sse.wants_events(request):
        after = sse.resume_after(request, after)
        return sse.stream_response(get_hub().follow(feeds.FEED_LOG, user_id, after=after, viewer=Viewer(actor)))
    page = await sync_to_async(feeds.read_after)(user_id, after, customer_ids=actor.roles, limit=limit)
    return {"entries": [feed_data(entry) for entry in page], "next_after": page[-1].number if page else after}
