"""Mutation testing of the rooms where a silent change would cost most: engine, stages (with saving), access.

    python scripts/mutants.py                   # all rooms: an hour or more
    python scripts/mutants.py stages access     # some of them
    python scripts/mutants.py access 200        # 200 of its mutants, always the same

mutmut makes the mutants; business verbs are mutated too, which it would leave out as decorated functions. Each room is
tried in a copy of the project (var/mutants). Prints the survivors with their change and the share killed; exits with 1
below 85 %.
"""

import difflib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import libcst as cst  # what mutmut reads code with
from mutmut.mutation.file_mutation import MutationVisitor, mutate_file_contents

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "mutants"
COPIED = (
    "kpi_cms", "snippets", "criteria_pages", "templates", "tests", "manage.py", "pyproject.toml", "requirements.txt",
)  # fmt: skip
FLOOR = 0.85
# A mutant that hangs was noticed; one that no test reaches was not.
KILLED = frozenset({"killed", "timeout"})

# Room → files, tests: the first one makes the database and loads no page. Races and killed workers are not asked: they
# look at locks and take long.
ROOMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "engine": (("kpi_cms/foundation/engine/*.py",), ("", "tests/foundation/engine")),
    "stages": (
        ("kpi_cms/evaluation/domain/stages.py", "kpi_cms/evaluation/domain/saving.py"),
        (
            "tests/evaluation/test_month.py::test_a_month_ends_with_a_notified_result",
            "tests/evaluation/test_to_the_letter.py", "tests/evaluation/test_saving.py",
            "tests/evaluation/test_stages.py", "tests/evaluation/test_threats.py",
            "tests/evaluation/test_leaders.py",
        ),
    ),
    "access": (
        ("kpi_cms/foundation/access/*.py",),
        (
            "tests/foundation/access/test_scope.py::test_a_scope_costs_one_query",
            "tests/foundation/access", "tests/snippets/viewsets", "tests/snippets/domain/test_delegation.py",
            "tests/evaluation/test_delegation.py", "tests/evaluation/test_rule_table.py",
        ),
    ),
}  # fmt: skip


def _mutate_verbs_too() -> None:
    """`@business_verb` wraps a function as plainly as `@staticmethod` does."""
    leaves_out = MutationVisitor._skip_node_and_children

    def skip(self: MutationVisitor, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef) and len(node.decorators) == 1:
            decorator = node.decorators[0].decorator
            if isinstance(decorator, cst.Name) and decorator.value == "business_verb":
                return False
        return leaves_out(self, node)

    MutationVisitor._skip_node_and_children = skip  # type: ignore[method-assign]  # its one switch


def copy_with_mutants(room: str) -> list[str]:
    """Copy the project, put the mutants of the room's files into the copy; their names."""
    folder = FOLDER / room
    shutil.rmtree(folder, ignore_errors=True)
    for name in COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "output"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    (folder / "var").mkdir()
    (ROOT / "var" / "tests").mkdir(parents=True, exist_ok=True)
    (folder / "var" / "tests").symlink_to(ROOT / "var" / "tests")
    names: list[str] = []
    for pattern in ROOMS[room][0]:
        for path in sorted(ROOT.glob(pattern)):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            made = mutate_file_contents(str(path), path.read_text(encoding="utf-8"))
            (folder / path.relative_to(ROOT)).write_text(made.code, encoding="utf-8")
            names.extend(f"{module}.{name}" for name in made.mutant_names)
    return names


def try_room(room: str, names: list[str]) -> dict[str, str]:
    """Mutant → what became of it."""
    folder = FOLDER / room
    listed, found = folder / "mutants.txt", folder / "found.json"
    listed.write_text("\n".join(names), encoding="utf-8")
    found.unlink(missing_ok=True)
    environment = {
        **{
            name: value for name, value in os.environ.items() if name != "DATABASE_URL"
        },  # forks share no server
        "PYTHONPATH": os.pathsep.join([str(folder), str(Path(__file__).parent)]),
        "KPI_MUTANTS": str(listed),
        "KPI_MUTANTS_FOUND": str(found),
        "KPI_MUTANT_WARMUP": ROOMS[room][1][0],
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-s",
        "-p",
        "mutant_runner",
        "-p",
        "no:cacheprovider",
        *filter(None, ROOMS[room][1]),
    ]
    subprocess.run(command, cwd=folder, env=environment, check=False, stdout=subprocess.DEVNULL)
    if not found.exists():
        sys.exit(f"The mutants of {room} could not be tried: the reason stands above.")
    outcomes: dict[str, str] = json.loads(found.read_text(encoding="utf-8"))
    return outcomes


def change(room: str, name: str) -> str:
    """What a mutant changes, as the lines of a diff."""
    module, _, function = name.rpartition(".")
    path = FOLDER / room / Path(*module.split(".")).with_suffix(".py")
    if not path.exists():
        path = FOLDER / room / Path(*module.split(".")) / "__init__.py"
    source = path.read_text(encoding="utf-8")

    def body(function: str) -> list[str]:
        found = re.search(
            rf"^( *)def {re.escape(function)}\(.*?(?=^\1(?:def |@|class |mutants_|x_)|\Z)",
            source, re.MULTILINE | re.DOTALL,
        )  # fmt: skip
        return found.group(0).replace(function, "f").splitlines() if found else []

    original = re.sub(r"_\d+$", "_orig", function)
    lines = difflib.unified_diff(body(original), body(function), lineterm="", n=0)
    return "\n".join(f"      {line}" for line in lines if line[:2] not in ("--", "++", "@@"))


def report(room: str, outcomes: dict[str, str], of: int) -> bool:
    """Print the survivors and the share killed; True when it reaches the floor."""
    for name, outcome in sorted(outcomes.items()):
        if outcome not in KILLED:
            print(f"  {outcome}: {name}\n{change(room, name)}")
    killed = sum(outcome in KILLED for outcome in outcomes.values())
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(outcomes.values()).most_common())
    print(f"{room}: {killed} of {len(outcomes)} killed, {killed / len(outcomes):.1%} ({kinds}; {of} mutants)")
    return killed >= FLOOR * len(outcomes)


def main() -> int:
    size = next((int(word) for word in sys.argv[1:] if word.isdigit()), 0)
    rooms = [word for word in sys.argv[1:] if not word.isdigit()] or list(ROOMS)
    unknown = set(rooms) - set(ROOMS)
    if unknown:
        sys.exit(f"There is no room {', '.join(sorted(unknown))}; there are {', '.join(ROOMS)}.")
    _mutate_verbs_too()
    good = True
    for room in rooms:
        names = copy_with_mutants(room)
        chosen = names
        if 0 < size < len(names):
            chosen = random.Random(335).sample(names, size)  # noqa: S311  (a sample, not a secret)
        good = report(room, try_room(room, chosen), len(names)) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
