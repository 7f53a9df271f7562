"""What became of every row: taken, here already, or skipped and why. The numbers add up for each table."""

from collections.abc import Iterator

from msgspec import Struct, field

NAMED = 20


class TableReport(Struct):
    """What became of one table's rows."""

    taken: int = 0
    known: int = 0
    skipped: dict[str, list[str]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return self.taken + self.known + sum(map(len, self.skipped.values()))

    def skip(self, why: str, label: str) -> None:
        """Say that a row was left out."""
        self.skipped.setdefault(why, []).append(label)


class Report(Struct):
    """What became of the file; `notes` say what was changed on the way, each with the rows it is about."""

    tables: dict[str, TableReport] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)

    def table(self, name: str) -> TableReport:
        """The report on one table."""
        return self.tables.setdefault(name, TableReport())

    def note(self, what: str, label: str) -> None:
        """Say that something of a row was changed."""
        self.notes.setdefault(what, []).append(label)

    @property
    def taken(self) -> int:
        """How many rows were taken in all."""
        return sum(table.taken for table in self.tables.values())

    def lines(self) -> Iterator[str]:
        """The report to print."""
        for name, table in self.tables.items():
            if name in self.absent:
                continue
            skipped = table.rows - table.taken - table.known
            yield (
                f"{name:16} {table.rows:7,} rows: {table.taken:,} taken, "
                f"{table.known:,} here already, {skipped:,} skipped"
            )
            for why, labels in table.skipped.items():
                yield f"{'':16} skipped {len(labels):,}: {why} ({_named(labels)})"
        if self.absent:
            yield f"not in the file: {', '.join(self.absent)}"
        for what, labels in self.notes.items():
            yield f"{len(labels):,} × {what}: {_named(labels)}"


def _named(labels: list[str]) -> str:
    rest = len(labels) - NAMED
    return ", ".join(labels[:NAMED]) + (f" and {rest:,} more" if rest > 0 else "")
