from django.apps import AppConfig


class LlmConfig(AppConfig):
    name = "llm_app"
    verbose_name = "Language models"

    def ready(self) -> None:
        from jobs_app import erasing, retention, upkeep, worker
        from llm_app import checks  # noqa: F401  registers them
        from llm_app.erasing import erase_of_customer, forget_content
        from llm_app.preparing import prepare
        from llm_app.upkeep import CHORES, RULES

        erasing.register(erasing.Eraser(customer=erase_of_customer, content=forget_content))
        for rule in RULES:
            retention.register(rule)
        for chore in CHORES:
            upkeep.register(chore)
        worker.prepare_with(prepare)
