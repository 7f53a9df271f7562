"""`python -m bench [--quick] [SCENARIO…]`: measure, print the table, write results.json and the README's figures."""

import argparse
import sys

from bench import peers
from bench.context import Context
from bench.generator import BenchError, compiled
from bench.machine import CORES, GENERATOR_CORE, SERVER_CORE, describe
from bench.report import save, table
from bench.scenarios import SCENARIOS


def main() -> int:
    """Run the scenarios that were asked for, all when none was."""
    arguments = _arguments()
    machine = describe()
    try:
        compiled()
    except BenchError as error:
        print(error, file=sys.stderr)
        return 2
    context = Context(arguments.quick, peers.install())
    if len(CORES) < 2:
        print("one core only: server and load generator share it, the figures mean little", file=sys.stderr)
    results, failed = {}, 0
    for name in arguments.scenario or SCENARIOS:
        print(f"… {name}", file=sys.stderr, flush=True)
        try:
            result = SCENARIOS[name](context)
        except BenchError as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed += 1
            continue
        results[name] = {**result.as_json(), "how": context.how, "machine": machine}
        print(table([results[name]]), flush=True)
    everything = {
        "machine": machine,
        "cores": {"server": SERVER_CORE, "generator": GENERATOR_CORE},
        "left_out": context.left_out,
        "scenarios": results,
    }
    if not arguments.dry:
        save(everything, keep_others=bool(arguments.scenario))
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("scenario", nargs="*", choices=[*SCENARIOS, []], metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--quick", action="store_true", help="short single runs, to see that all works")
    parser.add_argument("--dry", action="store_true", help="only print; leave results.json and the README alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
