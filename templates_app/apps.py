from django.apps import AppConfig


class TemplatesConfig(AppConfig):
    name = "templates_app"
    verbose_name = "Templates"

    def ready(self) -> None:
        from jobs_app.erasing import Eraser, register
        from templates_app import (  # noqa: F401 - importing registers them
            batching,
            checks,
            generation,
            making,
            reading,
            reviewing,
            revising,
        )
        from templates_app.erasing import erase_of_customer, erase_of_jobs

        register(Eraser(customer=erase_of_customer, jobs=erase_of_jobs))
