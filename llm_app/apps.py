from django.apps import AppConfig


class LlmConfig(AppConfig):
    name = "llm_app"
    verbose_name = "Language models"
