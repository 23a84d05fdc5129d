"""`manage.py export`: writes a table of a store to a file on the server."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.errors import InvalidInput
from reconciliations.enums import FileFormat
from reconciliations.exports.download import Run, file_name, start_download
from reconciliations.exports.export_request import ExportRequest, read_request
from reconciliations.exports.tables import TABLES


class Command(BaseCommand):
    """Writes the file and prints the progress to stderr. A failed export leaves no partial file."""

    help = "Exports a table of a store for a range of business dates, as CSV or XLSX."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("table", choices=list(TABLES))
        parser.add_argument("--store", required=True, help="Number or UUID of the store.")
        parser.add_argument("--from", required=True, dest="first", help="First business date, such as 2026-03-01.")
        parser.add_argument("--to", required=True, dest="last", help="Last business date, included.")
        parser.add_argument("--format", choices=FileFormat.values, default=FileFormat.CSV.value, dest="file_format")
        parser.add_argument("--output", help="The file to write. Default: a name made from the table, store and dates.")

    def handle(self, *args: Any, **options: Any) -> None:
        given = {
            "table": options["table"],
            "store": options["store"],
            "from": options["first"],
            "to": options["last"],
            "file": options["file_format"],
        }
        try:
            asked = read_request(given, by=SYSTEM)
        except InvalidInput as error:
            raise CommandError(" ".join(f"--{name}: {text}" for name, text in error.errors.items())) from error
        output = Path(options["output"] or file_name(asked.wanted))
        try:
            rows = self._write(asked, into=output)
        except OSError as error:
            raise CommandError(f"--output: {error}.") from error
        self.stdout.write(f"{output}: {rows} rows")

    def _write(self, asked: ExportRequest, *, into: Path) -> int:
        """Writes to a temporary name first, so that nobody finds a partial file under the final name."""
        beside = into.with_name(f"{into.name}.part")
        with beside.open("wb") as file:
            try:
                download = start_download(asked=asked, by=SYSTEM, told=self._tell)
                try:
                    for piece in download:
                        file.write(piece)
                finally:
                    download.close()
            except BaseException:
                os.unlink(beside)
                raise
        beside.replace(into)
        return download.run.rows_done

    def _tell(self, run: Run) -> None:
        total = run.reading.rows_total
        end = "\n" if run.rows_done >= total else ""
        self.stderr.write(f"\r{run.rows_done} of {total} rows", ending=end)
        self.stderr.flush()
