"""Writes docs/processing-register.md from the code, or says that it is stale: `processing_register [--check]`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cadenza.trust.privacy import service

PAGE = Path(__file__).resolve().parents[5] / "docs" / "processing-register.md"


class Command(BaseCommand):
    help = "Write the processing register (GDPR Art. 30) into docs/, or check that it is fresh."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        page = service.processing_register_page()
        if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page:
            return
        if options["check"]:
            raise CommandError(f"docs/{PAGE.name} is out of date: say `make docs` and commit it.")
        PAGE.write_text(page, encoding="utf-8")
        self.stdout.write(f"wrote docs/{PAGE.name}")
