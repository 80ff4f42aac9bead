from django.apps import AppConfig


class TemplatesConfig(AppConfig):
    name = "templates_app"
    verbose_name = "Templates"

    def ready(self) -> None:
        from templates_app import generation, parsing  # noqa: F401 - importing registers their workflows
