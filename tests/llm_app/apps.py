from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    name = "tests.llm_app"
    label = "llm_tests"

    def ready(self) -> None:
        from tests.llm_app import workflows  # noqa: F401 - importing registers them
