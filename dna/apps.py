from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DnaConfig(AppConfig):
    name = "dna"
    verbose_name = "DNA"

    def ready(self) -> None:
        from dna.grants import grant_app_role

        post_migrate.connect(grant_app_role, sender=self, dispatch_uid="dna.grants")
