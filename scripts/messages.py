"""Catalogues of the interface: merge the fragments, compile, and check that nothing is left in English.

    python scripts/messages.py merge compile    # what `make messages` runs
    python scripts/messages.py check            # what `make lint` runs; exits 1 and says what to do
    python scripts/messages.py gaps             # sentences of the host packages that have no Vietnamese yet

Needs Babel and Django, but neither settings nor the system's gettext. `docs/translation.md` explains.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileParser, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
DOMAINS = ("django", "djangojs")

# A message is known to gettext by its context and its singular.
Key = tuple[str, str]

# Fixed, so that the same entries give the same bytes on every machine: no dates, no tool's version.
HEADERS = [
    ("Project-Id-Version", "kpi-cms"),
    ("Language", "vi"),
    ("MIME-Version", "1.0"),
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Transfer-Encoding", "8bit"),
    ("Plural-Forms", "nplurals=1; plural=0;"),
]

# Packages whose screens and messages an official can meet. Their message ids are read from the English
# catalogue they ship and, for those not in `CATALOGUED`, from their sources too: Wagtail's own list lacks
# some, others ship none.
HOST_PACKAGES = (
    "wagtail.admin",
    "wagtail",
    "wagtail.snippets",
    "wagtail.users",
    "wagtail.search",
    "wagtail.documents",
    "wagtail.images",
    "taggit",
    "treebeard",
    "simple_history",
    "axes",
    "guardian",
    "django_filters",
    "django_tasks",
    "django_tasks_db",
    "modelsearch",
    "django",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
)
CATALOGUED = frozenset(
    {"django", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"}
)
CATALOGUE_FOLDERS = {"django": "conf/locale"}

# Names of languages and of Django's welcome page: no screen of ours lists the first or reaches the second.
HOST_UNSEEN = re.compile(r"conf/global_settings\.py|views/templates/(default_urlconf|technical_)")

PYTHON_KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
LEFT_OUT = frozenset(
    {"tests", "benchmarks", "scripts", "deploy", "var", "node_modules", "locale", "locale_host", "migrations"}
)

# In a minified script any function may be called `_`.
SCRIPT_KEYWORDS = {name: spec for name, spec in PYTHON_KEYWORDS.items() if name.endswith("gettext")}

PLACEHOLDER = re.compile(r"%\([A-Za-z_][\w.]*\)[-#0-9.+ ]*[sdrfi]|%[-#0-9.]*[sdrfi]|\{[A-Za-z_0-9.]*\}")
MARKUP = re.compile(r"</?([a-z][a-z0-9]*)\b[^>]*>")
# Words that Vietnamese officials read as they are.
SAME_IN_BOTH = frozenset({"Excel", "Wagtail", "IPv", "byte"})


class Refused(Exception):
    """The catalogues cannot be built; `str()` is the list of reasons, one a line."""


@dataclass(frozen=True)
class Layout:
    """Where the catalogues of one checkout stand."""

    root: Path = ROOT

    @property
    def own(self) -> Path:
        return self.root / "kpi_cms" / "locale"

    @property
    def host(self) -> Path:
        return self.root / "kpi_cms" / "locale_host"

    def fragments(self, domain: str) -> list[Path]:
        folder = self.own / "fragments"
        return sorted((folder / "js" if domain == "djangojs" else folder).glob("*.po"))

    def name_of(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def po_files(self) -> list[Path]:
        return sorted(path for base in (self.own, self.host) for path in base.glob("*/LC_MESSAGES/*.po"))


class PlainCatalog(Catalog):
    """A catalogue whose header never changes by itself."""

    def __init__(self, comment: str = "#") -> None:
        super().__init__(locale="vi", charset="utf-8", fuzzy=False, header_comment=comment)

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return HEADERS


def key_of(message: Message) -> Key:
    return message.context or "", message.id if isinstance(message.id, str) else message.id[0]


def strings_of(message: Message) -> list[str]:
    """The translation as a list: one text, or one for each plural form."""
    return [message.string or ""] if isinstance(message.string, (str, type(None))) else list(message.string)


def is_done(message: Message) -> bool:
    return not message.fuzzy and all(strings_of(message))


class StrictCatalog(Catalog):
    """Refuses a file that translates one message twice; Babel would keep the first text without a word."""

    def __setitem__(self, id: str | tuple[str, ...] | list[str], message: Message) -> None:  # noqa: A002 - Babel's name
        known = self.get(id, message.context) if id else None
        if known is not None and strings_of(known) != strings_of(message):
            raise Refused(f"{label(key_of(message))} stands there twice with different texts. Keep one.")
        super().__setitem__(id, message)


def entries(path: Path, language: str = "vi") -> list[Message]:
    """The messages of a .po file without its header, in the file's order."""
    catalog = StrictCatalog(locale=language)
    try:
        with path.open("rb") as file:
            PoFileParser(catalog, ignore_obsolete=True).parse(file)
    except Refused as refused:
        raise Refused(f"{path}: {refused}") from refused
    return [message for message in catalog if message.id]


# --- merge --------------------------------------------------------------------------------------------------


def merged(paths: Iterable[Path], root: Path) -> Catalog:
    """One catalogue out of the fragments; refused with each message two of them translate differently."""
    chosen: dict[Key, tuple[Message, Path]] = {}
    sources: dict[Key, set[str]] = {}
    conflicts: list[str] = []
    for path in paths:
        for message in entries(path):
            key = key_of(message)
            sources.setdefault(key, set()).add(path.relative_to(root).as_posix())
            if key not in chosen:
                chosen[key] = (message, path)
                continue
            first, first_path = chosen[key]
            if strings_of(first) != strings_of(message):
                conflicts.append(
                    f"{label(key)} is translated twice: {first_path.name} says {strings_of(first)[0]!r}, "
                    f"{path.name} says {strings_of(message)[0]!r}. Agree on one text."
                )
            elif not isinstance(message.id, str) and isinstance(first.id, str):
                chosen[key] = (message, path)
    if conflicts:
        raise Refused("\n".join(conflicts))
    catalog = PlainCatalog(
        "# Merged from kpi_cms/locale/fragments by `make messages`. Edit the fragments, not this file."
    )
    for key, (message, _path) in chosen.items():
        catalog.add(
            message.id,
            message.string,
            locations=[(name, 0) for name in sorted(sources[key])],
            flags=sorted(message.flags),
            context=message.context,
        )
    return catalog


def po_bytes(catalog: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(out, catalog, width=0, sort_output=True, include_lineno=False)
    return out.getvalue().rstrip(b"\n") + b"\n"


def merge_targets(layout: Layout) -> Iterator[tuple[Path, bytes]]:
    for domain in DOMAINS:
        fragments = layout.fragments(domain)
        if fragments:
            yield layout.own / "vi" / "LC_MESSAGES" / f"{domain}.po", po_bytes(merged(fragments, layout.own))


def merge(layout: Layout) -> None:
    for path, content in merge_targets(layout):
        write_if_changed(path, content)


# --- compile ------------------------------------------------------------------------------------------------


def mo_bytes(po: Path) -> bytes:
    """The compiled form of a .po file. Fuzzy and empty entries are left out; they show in English."""
    catalog = PlainCatalog()
    for message in entries(po):
        if is_done(message):
            catalog.add(message.id, message.string, context=message.context)
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def compile_catalogues(layout: Layout) -> None:
    for po in layout.po_files():
        write_if_changed(po.with_suffix(".mo"), mo_bytes(po))


def write_if_changed(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


# --- extract ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Use:
    """One place in our code that asks for a translation."""

    domain: str
    key: Key
    place: str


def source_files(root: Path, suffixes: Sequence[str]) -> Iterator[Path]:
    for top in sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")):
        for path in sorted(top.rglob("*")):
            parts = path.relative_to(root).parts
            if path.suffix in suffixes and not LEFT_OUT.intersection(parts) and path.is_file():
                yield path


def extracted(method: str, source: str) -> Iterator[tuple[int, Key]]:
    keywords = PYTHON_KEYWORDS if method == "python" else SCRIPT_KEYWORDS
    for line, message, _comments, context in extract(method, io.BytesIO(source.encode()), keywords=keywords):
        yield line, (context or "", message if isinstance(message, str) else message[0])


def template_source(text: str) -> str:
    """A Django template as the calls it makes. Indentation goes: what stays is read as Python."""
    return "\n".join(line.strip() for line in templatize(text).splitlines())


def template_uses(text: str) -> list[tuple[int, Key]]:
    return list(extracted("python", template_source(text)))


def used(root: Path) -> list[Use]:
    """Every message our own Python, templates and scripts ask for."""
    uses = []
    for path in source_files(root, (".py", ".html", ".txt", ".js")):
        name = path.relative_to(root).as_posix()
        if path.suffix in (".html", ".txt") and "templates" not in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            found = list(extracted("python", text))
        elif path.suffix == ".js":
            found = list(extracted("javascript", text))
        else:
            found = template_uses(text)
        domain = "djangojs" if path.suffix == ".js" else "django"
        uses += [Use(domain, key, f"{name}:{line}") for line, key in found]
    return uses


def unreadable(source: str) -> Iterator[tuple[int, str]]:
    """Lines the extractor cannot read: (line, what is wrong)."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in PYTHON_KEYWORDS and isinstance(node.args[0], (ast.JoinedStr, ast.BinOp)):
                yield node.lineno, "translates a text built at run time: use a named placeholder"
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for alias in node.names:
                if alias.asname not in (None, alias.name, "_", "N_"):
                    yield node.lineno, f"imports {alias.name} as {alias.asname}: only _ and N_ are looked for"


# --- check --------------------------------------------------------------------------------------------------


def label(key: Key) -> str:
    return f"{key[1]!r} (context {key[0]!r})" if key[0] else repr(key[1])


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text.replace("%%", "")))


def fault_of(message: Message) -> str | None:
    """What is wrong with one entry, or None. A plural's text keeps the placeholders of the English plural."""
    if message.fuzzy:
        return "is marked fuzzy: read the Vietnamese, correct it and take the mark away"
    if not all(strings_of(message)):
        return "has no Vietnamese text"
    source = message.id if isinstance(message.id, str) else message.id[1]
    for text in strings_of(message):
        if placeholders(text) != placeholders(source):
            return f"has placeholders {placeholders(source)}, its Vietnamese has {placeholders(text)}"
        if sorted(MARKUP.findall(text)) != sorted(MARKUP.findall(source)):
            return "has other HTML tags than its Vietnamese"
        words = set(re.findall(r"[A-Za-z]*[a-z][A-Za-z]*", PLACEHOLDER.sub("", MARKUP.sub("", text))))
        if text == source and words - SAME_IN_BOTH:
            return "is still in English"
    return None


def entry_faults(layout: Layout) -> list[str]:
    faults = []
    for po in layout.po_files():
        name = layout.name_of(po)
        for message in entries(po):
            fault = fault_of(message)
            if fault:
                faults.append(f"{name}: {label(key_of(message))} {fault}.")
    return faults


def stale_files(layout: Layout) -> list[str]:
    faults = []
    for path, content in merge_targets(layout):
        if not path.exists() or path.read_bytes() != content:
            faults.append(f"{layout.name_of(path)} is older than its fragments. Run `make messages`.")
    for po in layout.po_files():
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.read_bytes() != mo_bytes(po):
            faults.append(f"{layout.name_of(mo)} is older than its .po file. Run `make messages`.")
    return faults


def translated(paths: Iterable[Path], domain: str) -> set[Key]:
    return {
        key_of(message)
        for path in paths
        if path.stem == domain and path.exists()
        for message in entries(path)
        if is_done(message)
    }


def untranslated(layout: Layout, uses: Iterable[Use]) -> list[str]:
    """One sentence for each message without Vietnamese, at the first place that asks for it."""
    have = {domain: translated(layout.po_files(), domain) for domain in DOMAINS}
    first: dict[tuple[str, Key], Use] = {}
    for use in uses:
        if use.key[1] and use.key not in have[use.domain]:
            first.setdefault((use.domain, use.key), use)
    return [
        f"{use.place}: {label(use.key)} has no Vietnamese. Add it to a fragment in kpi_cms/locale/fragments."
        for use in first.values()
    ]


def unused(layout: Layout, uses: Iterable[Use]) -> list[str]:
    """Entries of our own catalogue nobody asks for. An entry that replaces a text of the host is in use."""
    asked = {(use.domain, use.key) for use in uses}
    asked |= {
        (domain, key)
        for domain in DOMAINS
        for package in HOST_PACKAGES
        for key in host_messages(domain, package)
    }
    return [
        f"{layout.name_of(po)}: {label(key_of(message))} is used nowhere."
        for po in layout.po_files()
        if layout.own in po.parents
        for message in entries(po)
        if (po.stem, key_of(message)) not in asked
    ]


def faults(layout: Layout) -> list[str]:
    """Everything `check` refuses, as sentences; empty when the catalogues are in order."""
    unread = [
        f"{layout.name_of(path)}:{line} {what}."
        for path in source_files(layout.root, (".py",))
        for line, what in unreadable(path.read_text(encoding="utf-8"))
    ]
    return stale_files(layout) + entry_faults(layout) + untranslated(layout, used(layout.root)) + unread


# --- the host's own messages --------------------------------------------------------------------------------


def host_folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Refused(
            f"The package {package} is not installed. Run `make test` once: it installs what is needed."
        )
    return Path(spec.submodule_search_locations[0])


def host_catalogue(package: str, language: str, domain: str) -> Path:
    folder = host_folder(package) / CATALOGUE_FOLDERS.get(package, "locale")
    return folder / language / "LC_MESSAGES" / f"{domain}.po"


def host_sources(folder: Path) -> Iterator[Path]:
    """The Python and templates of a package, without those inside it that ship their own catalogue."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if not (path / "locale").is_dir() and path.name not in LEFT_OUT | {"contrib", "test"}:
                yield from host_sources(path)
        elif path.suffix == ".py" or (path.suffix in (".html", ".txt") and "templates" in path.parts):
            yield path


@cache
def host_messages(domain: str, package: str) -> dict[Key, Message]:
    """The messages one host package can show, by key; those found only in its sources carry no plural."""
    found: dict[Key, Message] = {}
    catalogue = host_catalogue(package, "en", domain)
    for message in entries(catalogue, "en") if catalogue.exists() else ():
        places = [place for place, _line in message.locations]
        if not places or not all(map(HOST_UNSEEN.search, places)):
            found[key_of(message)] = message
    if domain == "django" and package not in CATALOGUED:
        for path in host_sources(host_folder(package)):
            text = path.read_text(encoding="utf-8")
            for _line, key in extracted("python", text) if path.suffix == ".py" else template_uses(text):
                if key[1]:
                    found.setdefault(key, Message(key[1], context=key[0] or None))
    return found


def host_gaps(layout: Layout, domain: str, packages: Iterable[str] = HOST_PACKAGES) -> list[Key]:
    """Message ids of the host with no Vietnamese, neither in our catalogues nor in the shipped ones."""
    shipped = [host_catalogue(package, "vi", domain) for package in HOST_PACKAGES]
    have = translated([*layout.po_files(), *shipped], domain)
    gaps = {key for package in packages for key in host_messages(domain, package) if key not in have}
    return sorted(gaps)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Merge, compile and check the catalogues of the interface.")
    parser.add_argument("steps", nargs="+", choices=("merge", "compile", "check", "gaps"))
    layout = Layout()
    for step in parser.parse_args(arguments).steps:
        try:
            if step == "merge":
                merge(layout)
            elif step == "compile":
                compile_catalogues(layout)
            elif step == "gaps":
                for domain in DOMAINS:
                    for key in host_gaps(layout, domain):
                        print(f"{domain}: {label(key)}")
            else:
                for line in unused(layout, used(layout.root)):
                    print(f"note: {line}")
                found = faults(layout)
                if found:
                    raise Refused("\n".join(found))
        except Refused as refused:
            print(f"The catalogues are not in order ({step}):\n{refused}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
