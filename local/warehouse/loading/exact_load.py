"""One staged file read record by record: what fits is written as Parquet, what does not is told.

Used for formats that DuckDB's reader does not know, to go on after errors, to tell what is wrong, and by VALIDATE.
Memory: one batch of records and its values.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow.lib as pa

from local.warehouse.errors import SqlError, as_sql_error, canceled
from local.warehouse.loading.csv_columns import TargetColumn, converted, fault_of, is_bad, literal, text_of
from local.warehouse.loading.csv_records import CsvReader, Record
from local.warehouse.loading.file_format import FileFormat
from local.warehouse.loading.load_faults import Fault, Judge, file_fault
from local.warehouse.loading.staged_pieces import text_pieces
from local.warehouse.stages.stages import StagedFile

BATCH_BYTES = 8 << 20
BATCH_RECORDS = 100_000
_BATCH = "local_warehouse_batch"
SOURCE = "local_warehouse_source"


@dataclass(frozen=True)
class RowPlan:
    """How the fields of a record become the values of a row.

    `select` makes the texts c1, c2 … of the columns out of the fields f1, f2 … of SOURCE; without it the fields
    are the columns in order. `field_count` is how many fields are looked at.
    """

    table: str
    columns: list[TargetColumn]
    file_format: FileFormat
    field_count: int
    counts_columns: bool
    select: Callable[[StagedFile], str] | None = None

    def judge(self) -> Judge:
        """Who finds the faults of its records."""
        return Judge(self.table, self.columns, self.file_format, self.counts_columns)

    def texts_sql(self, staged: StagedFile) -> str:
        """The texts of the columns, with the record's number in the batch and in the file."""
        fields = [f"f{number}" for number in range(1, self.field_count + 1)]
        if self.select is None:
            made = [f"{text_of(name, self.file_format)} AS c{name[1:]}" for name in fields]
            return f"SELECT place, row_number, {', '.join(made)} FROM {_BATCH}"
        made = [f"{text_of(name, self.file_format)} AS {name}" for name in fields]
        source = f"SELECT place, row_number{''.join(', ' + text for text in made)} FROM {_BATCH}"
        return f"WITH {SOURCE} AS ({source}) {self.select(staged)}"


@dataclass
class FileOutcome:
    """What came of a file: counts, its first fault, and where its rows lie."""

    parsed: int = 0
    loaded: int = 0
    errors: int = 0
    first: Fault | None = None
    rows: list[Path] = field(default_factory=list)


@dataclass
class ExactLoad:
    """Reads one file; `on_bytes` hears of the text read, `on_fault` of each fault and may raise."""

    connection: duckdb.DuckDBPyConnection
    plan: RowPlan
    staged: StagedFile
    folder: Path
    cancelled: threading.Event
    on_bytes: Callable[[int], None]
    on_fault: Callable[[Fault], None]
    writes: bool = True

    def run(self) -> FileOutcome:
        """Read it all. A file that cannot be unpacked, be it at its end, is one fault and gives no rows."""
        outcome = FileOutcome()
        try:
            for number, (batch, faults) in enumerate(self._batches()):
                outcome.parsed += len(batch) + len(faults)
                faults = sorted([*faults, *self._load(batch, number, outcome)], key=lambda fault: fault.row)
                for fault in faults:
                    self._note(outcome, fault)
        except SqlError as error:
            if error.code != 100085:
                raise
            for path in outcome.rows:
                path.unlink()
            outcome = FileOutcome()
            self._note(outcome, file_fault(error))
        return outcome

    def _note(self, outcome: FileOutcome, fault: Fault) -> None:
        outcome.errors += 1
        outcome.first = outcome.first or fault
        self.on_fault(fault)

    def _batches(self) -> Iterator[tuple[list[Record], list[Fault]]]:
        judge = self.plan.judge()
        reader = CsvReader(self.plan.file_format, self._pieces())
        records: list[Record] = []
        faults: list[Fault] = []
        size = 0
        for record in reader:
            fault = judge.structure_fault(record, record.row == 1, reader.is_over)
            if fault is None:
                records.append(record)
            else:
                faults.append(fault)
            size += len(record.raw)
            if size >= BATCH_BYTES or len(records) + len(faults) >= BATCH_RECORDS:
                yield records, faults
                records, faults, size = [], [], 0
        if records or faults:
            yield records, faults

    def _pieces(self) -> Iterator[bytes]:
        for piece in text_pieces(self.staged, self.plan.file_format):
            if self.cancelled.is_set():
                raise canceled()
            self.on_bytes(len(piece))
            yield piece

    def _load(self, records: list[Record], number: int, outcome: FileOutcome) -> list[Fault]:
        """Write the good rows of a batch; gives the faults of the others."""
        if not records:
            return []
        try:
            return self._load_whole(records, number, outcome)
        except duckdb.InterruptException:
            raise canceled() from None
        except duckdb.Error as error:
            # Only an expression of the SELECT can fail: the record that it fails for is found by halving.
            if len(records) == 1:
                return [self.plan.judge().expression_fault(records[0], as_sql_error(error))]
        middle = len(records) // 2
        return [
            *self._load(records[:middle], number, outcome),
            *self._load(records[middle:], number, outcome),
        ]

    def _load_whole(self, records: list[Record], number: int, outcome: FileOutcome) -> list[Fault]:
        self.connection.register(_BATCH, _arrow(records, self.plan.field_count))
        try:
            faults = self._bad_values(records)
            if self.writes and len(faults) < len(records):
                path = self.folder / f"{number:06d}-{len(outcome.rows):06d}.parquet"
                self._write(path)
                outcome.rows.append(path)
            outcome.loaded += len(records) - len(faults)
            return faults
        finally:
            self.connection.unregister(_BATCH)

    def _bad_values(self, records: list[Record]) -> list[Fault]:
        conditions = [(is_bad(column, self.plan.file_format), column) for column in self.plan.columns]
        position = " ".join(f"WHEN {bad} THEN {column.position}" for bad, column in conditions)
        value = " ".join(f"WHEN {bad} THEN CAST({column.raw} AS VARCHAR)" for bad, column in conditions)
        query = (
            f"SELECT place, CASE {position} END, CASE {value} END FROM ({self.plan.texts_sql(self.staged)}) "
            f"WHERE {self._any_bad()} ORDER BY place"
        )
        judge, binary_format = self.plan.judge(), self.plan.file_format.binary_format.lower()
        faults = []
        for place, bad_position, text in self.connection.execute(query).fetchall():
            column = self.plan.columns[bad_position - 1]
            faults.append(judge.value_fault(records[place], column, fault_of(column, text, binary_format)))
        return faults

    def _any_bad(self) -> str:
        return " OR ".join(is_bad(column, self.plan.file_format) for column in self.plan.columns)

    def _write(self, path: Path) -> None:
        values = ", ".join(
            f"{converted(column, self.plan.file_format)} AS v{column.position}"
            for column in self.plan.columns
        )
        texts = self.plan.texts_sql(self.staged)
        query = f"SELECT {values} FROM ({texts}) WHERE NOT ({self._any_bad()}) ORDER BY place"
        self.connection.execute(
            f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION uncompressed)"
        )


def _arrow(records: list[Record], field_count: int) -> pa.Table:
    columns: dict[str, pa.Array] = {
        "place": pa.array(range(len(records)), pa.int64()),
        "row_number": pa.array([record.row for record in records], pa.int64()),
    }
    for number in range(field_count):
        texts = [record.fields[number] if number < len(record.fields) else None for record in records]
        columns[f"f{number + 1}"] = pa.array(texts, pa.binary()).cast(pa.string())
    return pa.table(columns)
