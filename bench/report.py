"""What comes out: medians, ratios against the goals, the table and results.json."""

import json
import re
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BEGIN, END = "<!-- figures: written by python -m bench -->", "<!-- end of figures -->"


@dataclass
class System:
    """One system in one scenario: for each metric the runs' values."""

    name: str
    runs: dict[str, list[float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, **values: float) -> None:
        """Add one run's values."""
        for metric, value in values.items():
            self.runs.setdefault(metric, []).append(value)

    def median(self, metric: str) -> float:
        """The median over the runs."""
        return statistics.median(self.runs[metric])


@dataclass(frozen=True)
class Goal:
    """Something that must hold: `value` compared with `limit`."""

    text: str
    value: float
    limit: float
    at_least: bool

    @property
    def reached(self) -> bool:
        """Whether it holds."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass
class Result:
    """A scenario's outcome."""

    name: str
    title: str
    systems: dict[str, System] = field(default_factory=dict)
    goals: list[Goal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def system(self, name: str) -> System:
        """The figures of a system, made when first asked for."""
        return self.systems.setdefault(name, System(name))

    def at_least(self, text: str, value: float, limit: float) -> None:
        """Note a goal from below."""
        self.goals.append(Goal(text, value, limit, True))

    def at_most(self, text: str, value: float, limit: float) -> None:
        """Note a goal from above."""
        self.goals.append(Goal(text, value, limit, False))

    def ratio(self, metric: str, other: str, ours: str = "hub") -> float | None:
        """Ours divided by the other's, None when one was not measured."""
        if not all(name in self.systems and metric in self.systems[name].runs for name in (ours, other)):
            return None
        return self.systems[ours].median(metric) / self.systems[other].median(metric)

    def ratio_at_least(self, metric: str, other: str, limit: float) -> None:
        """Note the goal that ours is `limit` times the other's or more."""
        if (value := self.ratio(metric, other)) is not None:
            self.at_least(f"{metric}, times {other}", value, limit)

    def as_json(self) -> dict[str, Any]:
        """For results.json."""
        return {
            "title": self.title,
            "systems": {
                name: {
                    "median": {metric: round(system.median(metric), 4) for metric in system.runs},
                    "runs": system.runs,
                    "notes": system.notes,
                }
                for name, system in self.systems.items()
            },
            "goals": [
                {
                    "what": goal.text,
                    "value": round(goal.value, 3),
                    "goal": f"{'≥' if goal.at_least else '≤'} {goal.limit:g}",
                    "reached": goal.reached,
                }
                for goal in self.goals
            ],
            "warnings": self.warnings,
        }


def show(value: float) -> str:
    """A figure as people read it."""
    if abs(value) >= 10_000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def table(results: list[dict[str, Any]]) -> str:
    """The results as Markdown."""
    lines: list[str] = []
    for result in results:
        metrics = list(dict.fromkeys(m for system in result["systems"].values() for m in system["median"]))
        lines += [f"**{result['title']}** ({result['how']})", ""]
        lines += [f"| | {' | '.join(metrics)} |", "|---" * (len(metrics) + 1) + "|"]
        for name, system in result["systems"].items():
            cells = [show(system["median"][m]) if m in system["median"] else "" for m in metrics]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")
        for goal in result["goals"]:
            verdict = "reached" if goal["reached"] else "**not reached**"
            lines.append(f"- {goal['what']}: {show(goal['value'])} (goal {goal['goal']}): {verdict}")
        lines += [f"- {warning}" for warning in result["warnings"]]
        lines.append("")
    return "\n".join(lines)


def circumstances(machine: dict[str, Any]) -> str:
    """One sentence: when, on what, with which versions."""
    versions = [f"{name} {_version(machine[name.lower()])}" for name in ("Python", "nginx", "Node", "Redis")]
    where = (
        f"{machine['cores']} cores of an {machine['processor']}, {machine['memory_gib']} GiB, Linux {machine['kernel']}"
    )
    return f"{machine['date']}, commit {machine['commit']}, on {where}, with {', '.join(versions)}."


def _version(text: str) -> str:
    found = re.search(r"\d+(\.\d+)+", text)
    return found[0] if found else text


def save(results: dict[str, Any], keep_others: bool) -> None:
    """Write results.json and the README's figures; scenarios that did not run now keep their earlier figures."""
    file = HERE / "results.json"
    if keep_others and file.exists():
        earlier = json.loads(file.read_text())
        results["scenarios"] = earlier.get("scenarios", {}) | results["scenarios"]
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    readme = HERE / "README.md"
    text = readme.read_text() if readme.exists() else ""
    if BEGIN in text and END in text:
        before, rest = text.split(BEGIN, 1)
        after = rest.split(END, 1)[1]
        figures = f"{circumstances(results['machine'])}\n\n{table(list(results['scenarios'].values()))}"
        readme.write_text(f"{before}{BEGIN}\n\n{figures}\n{END}{after}")


Scenario = Callable[..., Result]
