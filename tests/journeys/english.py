"""Which texts of a page are English: every message id of ours and of the hosts that Vietnamese says otherwise."""

import importlib.util
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")

# Everything somebody can read: text that is shown, and what fields, pictures and buttons say of themselves.
SHOWN = """() => {
    const found = new Set(), seen = (element) => element.checkVisibility({ visibilityProperty: true });
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.replace(/\\s+/g, " ").trim();
        if (text && seen(walker.currentNode.parentElement)) found.add(text);
    }
    for (const name of ["title", "placeholder", "aria-label", "alt", "value"])
        for (const element of document.querySelectorAll(`[${name}]`))
            if (seen(element) && (name !== "value" || element.matches("[type=submit], [type=button]")))
                found.add(element.getAttribute(name).replace(/\\s+/g, " ").trim());
    found.add(document.title);
    return [...found];
}"""


def _script() -> ModuleType:
    """`scripts/` is no package: the catalogues' script is loaded from its file."""
    spec = importlib.util.spec_from_file_location("journeys_messages", ROOT / "scripts" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", text).replace("%%", "%").split()).casefold()


class English:
    """Message ids without placeholders are compared as they are, the others as patterns."""

    def __init__(self) -> None:
        script = _script()
        layout = script.Layout()
        shipped = [
            script.host_catalogue(package, "vi", domain)
            for package in script.HOST_PACKAGES
            for domain in script.DOMAINS
        ]
        ids: set[str] = set()
        same: set[str] = set()
        for path in (*layout.po_files(), *(path for path in shipped if path.exists())):
            for message in script.entries(path):
                texts = [message.id] if isinstance(message.id, str) else list(message.id)
                ids.update(texts)
                same.update(text for text in texts if text in script.strings_of(message))
        for domain in script.DOMAINS:
            for package in script.HOST_PACKAGES:
                for message in script.host_messages(domain, package).values():
                    ids.update([message.id] if isinstance(message.id, str) else message.id)
        wanted = {_plain(text) for text in ids if text.isascii() and re.search("[A-Za-z]{2}", text)}
        wanted -= {_plain(text) for text in same}
        self.exact = frozenset(text for text in wanted if not PLACEHOLDER.search(text))
        patterns = (text for text in wanted - self.exact if len(re.findall("[a-z]{2,}", _words(text))) > 1)
        self.pattern = re.compile("|".join(sorted(map(_pattern, patterns))))

    def among(self, texts: Iterable[str]) -> list[str]:
        """Those of the texts that an English reader would have been shown."""
        return sorted(text for text in texts if self._is_english(text))

    def _is_english(self, text: str) -> bool:
        plain = _plain(text)
        return (
            plain in self.exact or plain.rstrip(":*. ") in self.exact or bool(self.pattern.fullmatch(plain))
        )


def _words(text: str) -> str:
    return PLACEHOLDER.sub(" ", text)


def _pattern(text: str) -> str:
    return ".+?".join(re.escape(part) for part in PLACEHOLDER.split(text))
