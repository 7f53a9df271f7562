"""How a run is made: how long, how often, and what is warned about."""

from dataclasses import dataclass, field

from bench.generator import BUSY_LIMIT, Report
from bench.report import Result


@dataclass
class Context:
    """Settings of a run."""

    quick: bool = False
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        """How often each system is measured; the systems take turns."""
        return 1 if self.quick else 5

    def ms(self, full: int, quick: int) -> int:
        """Milliseconds of one measurement."""
        return quick if self.quick else full

    def size(self, full: int, quick: int) -> int:
        """How many of something."""
        return quick if self.quick else full

    @property
    def how(self) -> str:
        """For the table."""
        return "quick: one short run" if self.quick else f"median of {self.rounds} runs"


def check(report: Report, result: Result, system: str) -> None:
    """Warn when the load generator was the limit or something did not arrive."""
    if report.get("busy", 0) > BUSY_LIMIT:
        _warn(result, f"{system}: the load generator was busy {report['busy']:.0%} of the time and may be the limit")
    if report["deliveries"] < report["expected"]:
        _warn(result, f"{system}: {report['expected'] - report['deliveries']} deliveries did not arrive")
    if report["errors"]:
        _warn(result, f"{system}: {report['errors']} requests were refused")


def _warn(result: Result, text: str) -> None:
    if text not in result.warnings:
        result.warnings.append(text)
