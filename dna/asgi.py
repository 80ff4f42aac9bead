"""HTTP goes to Django, WebSockets to the consumers."""

from __future__ import annotations

import os

import django
from channels.routing import ProtocolTypeRouter, URLRouter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dna.settings")
django.setup(set_prefix=False)

from dna.handling import ThreadHandler  # noqa: E402 - the apps must be loaded first
from jobs_app.consumers import websocket_urlpatterns  # noqa: E402 - the same

application = ProtocolTypeRouter({"http": ThreadHandler(), "websocket": URLRouter(websocket_urlpatterns)})
