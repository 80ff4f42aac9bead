from django.apps import AppConfig
from django.db.backends.signals import connection_created


class JobsConfig(AppConfig):
    name = "jobs_app"
    verbose_name = "Jobs"

    def ready(self) -> None:
        from jobs_app.db import install_guard

        connection_created.connect(install_guard, dispatch_uid="jobs_app.guard")
