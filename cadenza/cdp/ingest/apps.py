"""The plug of ingestion."""

from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "cadenza.cdp.ingest"
    label = "ingest"

    def ready(self) -> None:
        from cadenza.cdp.ingest.share import InboxShare
        from cadenza.trust.privacy import service as privacy

        privacy.register_share(InboxShare())
