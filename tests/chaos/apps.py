from django.apps import AppConfig


class ChaosConfig(AppConfig):
    name = "tests.chaos"
    label = "chaos"

    def ready(self) -> None:
        from tests.chaos import clock, faults, settings, workflows  # noqa: F401 - the import registers them

        if settings.CHAOS_AHEAD_SECONDS:
            clock.run_ahead(settings.CHAOS_AHEAD_SECONDS)
        if settings.CHAOS_FAULT:
            faults.plant(settings.CHAOS_FAULT)
