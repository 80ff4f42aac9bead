"""HTTP goes to Django, WebSockets to the consumers."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dna.settings")
django_application = get_asgi_application()

from jobs_app.consumers import websocket_urlpatterns  # noqa: E402 - the apps must be loaded first

application = ProtocolTypeRouter({"http": django_application, "websocket": URLRouter(websocket_urlpatterns)})
