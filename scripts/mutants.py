"""Mutation testing of the rooms where a silent change would cost most: engine, stages, access.

    python scripts/mutants.py                                   # all of them: an hour or more
    python scripts/mutants.py 'kpi_cms.foundation.access.*'     # some of them

Prints the survivors by name and the share killed in each room; exits with 1 below 85 %.
"""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MUTMUT = Path(sys.executable).with_name("mutmut")
ROOMS = ("kpi_cms.foundation.engine", "kpi_cms.evaluation.domain.stages", "kpi_cms.foundation.access")
FLOOR = 0.85

# A mutant that hangs was noticed; one that no test reaches, or that nobody has run, was not killed.
KILLED = frozenset({"killed", "timeout", "segfault", "caught by type check"})
NOT_RUN = "not checked"


def outcomes() -> dict[str, str]:
    """Mutant → what became of it."""
    listed = subprocess.run(
        [MUTMUT, "results", "--all", "true"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return dict(re.findall(r"^\s*(\S+): (.+?)\s*$", listed.stdout, re.MULTILINE))


def report(found: dict[str, str]) -> bool:
    """Print each room's share and survivors; True when every room that was tried reaches the floor."""
    good = True
    for room in ROOMS:
        tried = {name: was for name, was in found.items() if name.startswith(room) and was != NOT_RUN}
        if not tried:
            continue
        killed = sum(was in KILLED for was in tried.values())
        share = killed / len(tried)
        good = good and share >= FLOOR
        for name, was in sorted(tried.items()):
            if was not in KILLED:
                print(f"  {was}: {name}")
        kinds = ", ".join(f"{count} {was}" for was, count in Counter(tried.values()).most_common())
        print(f"{room}: {killed} of {len(tried)} killed, {share:.1%} ({kinds})")
    return good


def main() -> int:
    run = subprocess.run([MUTMUT, "run", *sys.argv[1:]], cwd=ROOT, check=False)
    if run.returncode:
        print("The mutants could not be run: the reason stands above.", file=sys.stderr)
        return run.returncode
    return 0 if report(outcomes()) else 1


if __name__ == "__main__":
    sys.exit(main())
