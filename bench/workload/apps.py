from django.apps import AppConfig


class WorkloadConfig(AppConfig):
    name = "bench.workload"
    label = "workload"

    def ready(self) -> None:
        from bench.workload import workflows  # noqa: F401 - the import registers them
