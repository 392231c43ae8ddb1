#!/usr/bin/env python3
"""Check an evidence bundle of the ledger without the database and without our software.

    python3 check_bundle.py BUNDLE [--public-key FILE] [--anchors FOLDER]

BUNDLE is a folder or a zip file. Needs Python 3.8 or later, its standard library only. Ed25519 is not part of that: a
signature is checked with the package `cryptography` or the program `openssl` where one of them is here, and the answer
says which. What is computed is written down in docs/ledger.md, so that anybody can write this program anew.

Exit code: 0 everything holds, 1 something does not, 2 this is no bundle.
"""

import argparse
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path

MANIFEST, SIGNATURE = "manifest.json", "manifest.json.sig"
BUNDLE, LEDGER, ANCHOR = "kpi-bundle-1", "kpi-ledger-1", "kpi-anchor-1"
ESCAPES = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


# What reading a damaged file raises: of a zip (one that says it is encrypted, or compressed in a way that does not
# exist, is a RuntimeError), of its compression, of a number or a letter that is none.
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError)


class NoBundle(Exception):
    """What was given is no bundle."""


class Bundle:
    """Files by name, from a folder or a zip."""

    def __init__(self, path):
        self.path = Path(path)
        self.zip = None
        if self.path.is_file():
            try:
                self.zip = zipfile.ZipFile(self.path)
            except DAMAGED:
                raise NoBundle(f"{path} is no zip file.") from None
        elif not self.path.is_dir():
            raise NoBundle(f"{path} is not there.")

    def names(self):
        if self.zip:
            return sorted(name for name in self.zip.namelist() if not name.endswith("/"))
        return sorted(str(file.relative_to(self.path)) for file in self.path.rglob("*") if file.is_file())

    def open(self, name):
        try:
            return self.zip.open(name) if self.zip else (self.path / name).open("rb")
        except (KeyError, FileNotFoundError):
            raise NoBundle(f"{name} is missing in the bundle.") from None

    def read(self, name):
        """Nothing of a file that is damaged in its zip: it is named with the files."""
        try:
            with self.open(name) as file:
                return file.read()
        except DAMAGED:
            return b""


def escape(text):
    return "".join(ESCAPES.get(letter, letter) for letter in text)


def text_key(salt, kind, person_code, text):
    content = "\t".join([LEDGER, *map(escape, (salt, kind, person_code, text))])
    digits = sha256(content.encode()).hexdigest()[:32]
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


class Check:
    """Everything that was found, and how much was looked at."""

    def __init__(self, bundle, public_key=None, anchors=None):
        self.bundle, self.given_key, self.anchors = bundle, public_key, anchors
        self.wrong, self.notes = [], []
        self.links = self.rows = self.texts = self.anchored = 0
        try:
            self.manifest = json.loads(bundle.read(MANIFEST))
            if self.manifest["format"] != BUNDLE:
                raise ValueError
            self.forms = {form["number"]: form["header"] for form in self.manifest["forms"]}
            self.digests = {
                str(number).encode(): sha256(header.encode()).digest()
                for number, header in self.forms.items()
            }
            for chain in self.manifest["chains"]:
                for part in ("chain", "file", "first", "before", "last", "head"):
                    chain[part]
            self.manifest["files"].items()
        except (ValueError, KeyError, TypeError, AttributeError):
            raise NoBundle(f"{bundle.path} is no bundle of the format {BUNDLE}.") from None

    def run(self):
        self._signed()
        self._files()
        wanted = self._anchors()
        for chain in self.manifest["chains"]:
            try:
                self._chain(chain, wanted.get(chain["chain"], {}))
            except (*DAMAGED, LookupError) as error:
                self.wrong.append(f"chain {chain['chain']}: {chain['file']} cannot be read: {error}")
        try:
            self._texts()
        except DAMAGED as error:
            self.wrong.append(f"texts.jsonl: it cannot be read: {error}")
        return not self.wrong

    def _signed(self):
        """Who put the bundle together; a bundle of before, or of an installation without a key, is not signed."""
        key = self._key()
        verify, _by = verifier(key) if key else (None, "")
        if SIGNATURE not in self.bundle.names():
            self.notes.append(
                "The bundle itself is not signed: its files are those of its manifest, no more."
            )
        elif verify and not verify(self.bundle.read(MANIFEST), self.bundle.read(SIGNATURE)):
            self.wrong.append(f"{MANIFEST}: the signature does not hold")

    def _files(self):
        listed = self.manifest["files"]
        for name in self.bundle.names():
            if name in (MANIFEST, SIGNATURE):
                continue
            if name not in listed:
                self.wrong.append(f"{name}: the manifest does not know this file")
                continue
            digest = sha256()
            try:
                with self.bundle.open(name) as file:
                    for part in iter(lambda: file.read(1 << 20), b""):
                        digest.update(part)
            except DAMAGED:
                self.wrong.append(f"{name}: the file is damaged in the zip")
                continue
            if digest.hexdigest() != listed[name]:
                self.wrong.append(f"{name}: the file is not the one that was exported")
        for name in sorted(set(listed) - set(self.bundle.names())):
            self.wrong.append(f"{name}: the file is missing")

    def _chain(self, said, wanted):
        """Each link from the one before, each row that is enclosed from its hash, each anchored head."""
        code, digests = said["chain"], self.digests
        head, number = bytes.fromhex(said["before"]), said["first"] - 1
        chain = escape(code).encode()
        with self.bundle.open(said["file"]) as lines:
            for line in lines:
                fields = line.rstrip(b"\n").split(b"\t", 7)
                number += 1
                self.links += 1
                if len(fields) < 7 or fields[0] != chain or fields[1] != b"%d" % number:
                    self.wrong.append(
                        f"chain {code} no. {number}: the link is missing, or another stands here"
                    )
                    return
                head = sha256(head + b"\t".join(fields[:6])).digest()
                if head.hex().encode() != fields[6]:
                    self.wrong.append(
                        f"chain {code} no. {number}: {self._name(fields)}: the link does not follow"
                    )
                    head = bytes.fromhex(fields[6].decode())
                if len(fields) == 8:
                    self.rows += 1
                    if sha256(digests.get(fields[2], b"") + fields[7]).hexdigest().encode() != fields[5]:
                        self.wrong.append(
                            f"chain {code} no. {number}: {self._name(fields)}: the row was changed"
                        )
                if number in wanted:
                    self._anchored(code, number, head.hex(), wanted[number])
        if number != said["last"] or head.hex() != said["head"]:
            self.wrong.append(f"chain {code}: it ends at no. {number}, the manifest says {said['last']}")
        for missing in sorted(place for place in wanted if place > number):
            self.wrong.append(
                f"chain {code}: shorter than the anchor {wanted[missing][0]}: {number} of {missing} links"
            )
            break

    def _name(self, fields):
        table = self.forms.get(int(fields[2]), "\t?").split("\t")[1]
        return f"{table} {fields[3].decode()}"

    def _anchored(self, code, number, head, anchor):
        self.anchored += 1
        if head != anchor[1]:
            self.wrong.append(f"chain {code} no. {number}: another head than the anchor {anchor[0]}")

    def _texts(self):
        """Each enclosed text against its key."""
        if "texts.jsonl" not in self.manifest["files"]:
            return
        with self.bundle.open("texts.jsonl") as lines:
            for line in lines:
                self.texts += 1
                try:
                    said = json.loads(line)
                    made = [said[part] for part in ("salt", "kind", "person_code", "text")]
                    holds = said["erased"] or text_key(*made) == said["key"]
                    name = said["key"]
                except (ValueError, KeyError, TypeError):
                    self.wrong.append(f"text no. {self.texts}: it cannot be read")
                    continue
                if not holds:
                    self.wrong.append(f"text {name}: not the words its key was made of")

    def _anchors(self):
        """Chain → number → (anchor, head); every signature is checked on the way."""
        found = {}
        files = [(name.split("/")[-1], self.bundle.read(name), self._signature(name)) for name in self.bundle.names()
                 if name.startswith("anchors/") and name.endswith(".json")]  # fmt: skip
        if self.anchors:
            for path in sorted(Path(self.anchors).glob("kpi-anchor-*.json")):
                signature = path.with_name(path.name + ".sig")
                files.append(
                    (path.name, path.read_bytes(), signature.read_bytes() if signature.exists() else None)
                )
        key = self._key()
        verify, by = verifier(key) if key else (None, "")
        read = []
        for name, content, signature in files:
            try:
                said = json.loads(content)
                chains = {chain: (each["number"], each["head"]) for chain, each in said["chains"].items()}
                if said["format"] != ANCHOR:
                    raise ValueError
                given_up = [(set(each["files"]), each["chains"]) for each in said.get("given_up", ())]
            except (ValueError, KeyError, TypeError, AttributeError):
                self.wrong.append(f"{name}: no anchor")
                continue
            signed = signature is not None and verify(content, signature) if verify else True
            if not signed:
                is_missing = "is missing" if signature is None else "does not hold"
                self.wrong.append(f"{name}: the signature {is_missing}")
            read.append((name, chains, given_up if signed else []))
        lost = self._given_up(read)
        for name, chains, _given_up in read:
            for chain, (number, head) in chains.items():
                if number > lost.get(name, {}).get(chain, [number])[0]:
                    continue
                # An anchor later than the bundle is another matter: the bundle ends where it was exported.
                if number <= self._last(chain) or self.anchors is None:
                    found.setdefault(chain, {})[number] = (name, head)
        self._say_about_signatures(len(files), key, by)
        return found

    def _given_up(self, anchors):
        """Anchor → chain → how many links of it were left, where a restore was signed off and an anchor says so."""
        lost = {}
        for name, _chains, given_up in anchors:
            for names, chains in given_up:
                self.notes.append(
                    f"{len(names)} anchors were given up after a restore, as {name} says: "
                    + ", ".join(f"chain {chain} {kept} of {said}" for chain, (kept, said) in chains.items())
                )
                for each in names:
                    lost.setdefault(each, {}).update(chains)
        return lost

    def _last(self, chain):
        return next((each["last"] for each in self.manifest["chains"] if each["chain"] == chain), 0)

    def _signature(self, name):
        return self.bundle.read(name + ".sig") if name + ".sig" in self.manifest["files"] else None

    def _key(self):
        if self.given_key:
            return Path(self.given_key).read_bytes()
        return self.bundle.read("public_key.pem") if "public_key.pem" in self.manifest["files"] else None

    def _say_about_signatures(self, count, key, by):
        if not count:
            self.notes.append("No anchor is enclosed: a chain that was rebuilt whole would not be noticed.")
        elif not key:
            self.notes.append(
                "No public key is here: signatures were not checked, the heads of anchors were."
            )
        elif not by:
            self.notes.append(
                "Neither cryptography nor openssl is here: signatures were NOT checked, heads were."
            )
        else:
            whose = (
                "the key you gave"
                if self.given_key
                else "the bundle's own key: compare it with the published one"
            )
            self.notes.append(f"Signatures of {count} anchors were checked by {by}, with {whose}.")


def verifier(pem):
    """(Function of content and signature, its name); (None, "") where nothing here knows Ed25519."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError:
        return _by_openssl(pem)
    try:
        key = load_pem_public_key(pem)
    except ValueError:  # a damaged key has signed nothing
        return (lambda content, signature: False), "cryptography"

    def by_cryptography(content, signature):
        try:
            key.verify(signature, content)
        except InvalidSignature:
            return False
        return True

    return by_cryptography, "cryptography"


def _by_openssl(pem):
    program = shutil.which("openssl")
    if program is None:
        return None, ""

    def verify(content, signature):
        with tempfile.TemporaryDirectory() as folder:
            files = {"key": pem, "content": content, "signature": signature}
            for name, data in files.items():
                (Path(folder) / name).write_bytes(data)
            done = subprocess.run(
                [program, "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "content", "-sigfile",
                 "signature"],
                cwd=folder, capture_output=True, check=False,
            )  # fmt: skip
            return done.returncode == 0

    return verify, "openssl"


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Check an evidence bundle of the ledger.")
    parser.add_argument("bundle")
    parser.add_argument("--public-key", help="the key that was published to you, instead of the bundle's own")
    parser.add_argument("--anchors", help="a folder of anchors of your own, beside those in the bundle")
    given = parser.parse_args(arguments)
    began = time.perf_counter()
    try:
        check = Check(Bundle(given.bundle), given.public_key, given.anchors)
        holds = check.run()
    except NoBundle as error:
        print(error, file=sys.stderr)
        return 2
    seconds = time.perf_counter() - began
    print(f"{check.links} links, {check.rows} rows, {check.texts} texts, {seconds:.2f} s.")
    print(f"{check.anchored} heads of anchors were reached.")
    for note in check.notes:
        print(note)
    for wrong in check.wrong[:100]:
        print(f"  {wrong}")
    print("Everything holds." if holds else f"{len(check.wrong)} things do not hold.")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
