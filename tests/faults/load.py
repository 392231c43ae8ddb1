"""The scripted load: people at their own clients, over HTTP, who go on whatever becomes of the product.

Each reads a page, does what it offers, and notes in the journal what came back. Without an answer the same form is
sent again, as a browser that reloads does: it names the save number it was made from.
"""

import http.client
import json
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from kpi_cms.foundation.engine import decimal_text
from tests.faults.journal import Attempt, Journal, Outcome
from tests.faults.town import PASSWORD, Town
from tests.helpers.cluster import HOST

SIGN_IN = "/tai-khoan/dang-nhap/"
AGAIN_SECONDS = 0.1
JOB = re.compile(r"/viec-nen/([0-9a-f-]{36})/")


class Lost(Exception):
    """No answer came, or one that says the server failed: nobody knows whether it was done."""


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.text = response.read().decode()
        self.status = response.status
        self.location = response.getheader("Location") or ""
        self.request = response.getheader("X-Request-ID") or ""
        self.cookies = response.headers.get_all("Set-Cookie") or []

    def field(self, name: str) -> str | None:
        """The value in an input of the page; None without such an input."""
        found = re.search(rf'<input\b[^>]*\bname="{re.escape(name)}"[^>]*>', self.text)
        if found is None:
            return None
        value = re.search(r'\bvalue="([^"]*)"', found[0])
        return value[1] if value else ""


class Client:
    """One browser: cookies, no redirects followed, a connection for each request."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, form: Mapping[str, str] | None = None) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if form is not None:
            body = urlencode({**form, "csrfmiddlewaretoken": self.cookies.get("csrftoken", "")})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = Answer(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            raise Lost from error
        finally:
            connection.close()
        if answer.status >= 500 or answer.status == 400:
            # Django says 400 where the database went away while it saved the session, whatever was committed before.
            raise Lost(answer.status)
        for line in answer.cookies:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answer


class Somebody(threading.Thread):
    """A person at work until the load ends."""

    def __init__(self, load: "Load", username: str, seed: int) -> None:
        super().__init__(name=username, daemon=True)
        self.load, self.town, self.journal = load, load.town, load.journal
        self.username = username
        self.client = Client(load.port)
        self.chance = random.Random(seed)

    def run(self) -> None:
        signed_in = False
        while not self.load.ended.is_set():
            try:
                if not signed_in:
                    self.sign_in()
                    signed_in = True
                self.act()
            except Lost:
                time.sleep(AGAIN_SECONDS)
            except Exception as error:  # noqa: BLE001  (told by the test, in its own thread)
                self.journal.fail(f"{self.username}: {error!r}")
                return

    def act(self) -> None:
        raise NotImplementedError  # each kind of actor has its own

    def sign_in(self) -> None:
        self.client.ask("GET", SIGN_IN)
        answer = self.client.ask("POST", SIGN_IN, {"username": self.username, "password": PASSWORD})
        assert (answer.status, answer.location) == (302, "/"), (answer.status, answer.text[:2000])

    def page(self, path: str) -> Answer:
        """A page. Whoever has signed in stays signed in: the session was acknowledged too."""
        answer = self.client.ask("GET", path)
        assert not answer.location.startswith(SIGN_IN), f"{self.username} was signed out at {path}"
        assert answer.status in (200, 302), f"{answer.status} at {path}: {answer.text[:2000]}"
        return answer

    def send(
        self,
        attempt: Callable[[], Attempt],
        path: str,
        form: Mapping[str, str],
        done: str,
        *,
        again: bool = True,
    ) -> Answer | None:
        """Send a form until somebody answers; the answer where it was acknowledged."""
        while True:
            noted = self.journal.begin(attempt())
            try:
                answer = self.client.ask("POST", path, form)
            except Lost:
                self.journal.settle(noted, Outcome.UNKNOWN)
                if not again or self.load.ended.is_set():
                    raise
                time.sleep(AGAIN_SECONDS)
                continue
            noted.request = answer.request
            if answer.status == 302 and answer.location.startswith(done):
                self.journal.settle(noted, Outcome.ACKNOWLEDGED)
                return answer
            self.journal.settle(noted, Outcome.REFUSED)
            assert answer.status in (409, 422), (
                f"{answer.status} {answer.location} {path}: {answer.text[:2000]}"
            )
            return None

    def scores(self, stage: str) -> tuple[dict[str, str], dict[str, str]]:
        """Points for each criterion: as fields of the form, and by code as the ledger should say them."""
        fields, said = {}, {}
        for criterion in self.town.scored[stage]:
            step = criterion.step or Decimal("0.25")
            value = step * self.chance.randint(0, int((criterion.max or Decimal(1)) / step))
            fields[f"s-{criterion.key}"] = said[criterion.code] = decimal_text(value)
        return fields, said


class Staff(Somebody):
    """Scores their own card, sends it, and reports on their tasks."""

    def act(self) -> None:
        card = self.load.cards[self.town.staff[self.username]]
        if self.chance.random() < 0.3:
            self.report()
            return
        page = self.page(f"/phieu/{card}/")
        expected = page.field("expected")
        if expected is None or page.field(f"s-{self.town.scored['self'][0].key}") is None:
            self.report()
            return
        marker = self.journal.marker()
        fields, said = self.scores("self")
        form = {"expected": expected, "strengths": f"Ưu điểm {marker}", "reason": "Tính lại", **fields}
        self.send(lambda: Attempt("save", card, marker, said), f"/phieu/{card}/", form, f"/phieu/{card}/")
        if self.chance.random() < 0.5:
            step = self.page(f"/phieu/{card}/gui/")
            expected = step.field("expected")
            if expected is not None:
                self.send(
                    lambda: Attempt("submit", card),
                    f"/phieu/{card}/gui/",
                    {"expected": expected},
                    f"/phieu/{card}/",
                )

    def report(self) -> None:
        tasks = self.load.tasks[self.town.staff[self.username]]
        if not tasks:
            return
        task = self.chance.choice(tasks)
        page = self.page(f"/nhiem-vu/{task}/bao-cao/")
        expected = page.field("expected")
        if expected is None:
            return
        completed = int(page.field("completed") or 0) + 1
        marker = self.journal.marker()
        form = {
            "expected": expected, "completed": str(completed), "completed_on": "10/07/2026",
            "evidence_number": f"{marker}/BC",
        }  # fmt: skip
        sent = {"completed": str(completed)}
        self.send(
            lambda: Attempt("report", task, marker, sent), f"/nhiem-vu/{task}/bao-cao/", form, "/nhiem-vu/"
        )


class Head(Somebody):
    """Evaluates and returns cards, confirms reports, assigns tasks; at two browsers, for half of the staff each."""

    half = 0

    def act(self) -> None:
        person = self.chance.choice(list(self.town.staff.values())[self.half :: 2])
        lot = self.chance.random()
        if lot < 0.45:
            self.evaluate(self.load.cards[person])
        elif lot < 0.95 and self.load.tasks[person]:
            self.confirm(self.chance.choice(self.load.tasks[person]))
        else:
            self.assign(person)

    def evaluate(self, card: int) -> None:
        path = f"/phieu/{card}/danh-gia/"
        expected = self.page(path).field("expected")
        if expected is None:
            return
        marker = self.journal.marker()
        fields, said = self.scores("evaluator")
        form = {"expected": expected, "comment": f"Nhận xét {marker}", **fields}
        self.send(lambda: Attempt("evaluate", card, marker, said), path, form, path)
        if self.chance.random() < 0.7:
            path = f"/phieu/{card}/tra-lai/"
            expected = self.page(path).field("expected")
            if expected is not None:
                returned = self.journal.marker()
                form = {"expected": expected, "reason": f"Xem lại {returned}"}
                self.send(lambda: Attempt("return", card, returned), path, form, f"/phieu/{card}/")

    def confirm(self, task: int) -> None:
        path = f"/nhiem-vu/{task}/xac-nhan/"
        page = self.page(path)
        expected, accepted = page.field("expected"), page.field("accepted")
        if expected is None or accepted is None:
            return
        form = {"expected": expected, "accepted": accepted}
        self.send(lambda: Attempt("confirm", task, sent={"accepted": accepted}), path, form, "/nhiem-vu/")

    def assign(self, person: int, quantity: int = 1) -> None:
        path = f"/nhiem-vu/ky/{self.town.period}/nguoi/{person}/giao/"
        # A new task names no save number that it was made from; the form's own key says that it was sent before.
        key = self.page(path).field("sent_key")
        assert key, f"the form at {path} carries no key"
        marker = self.journal.marker()
        form = {
            "product": str(self.town.product), "quantity": str(quantity), "due_on": "20/07/2026",
            "note": f"Ghi chú {marker}", "sent_key": key,
        }  # fmt: skip
        self.send(lambda: Attempt("assign", person, marker), path, form, "/nhiem-vu/")


class OtherHead(Head):
    half = 1


class Policy(Somebody):
    """Opens one month after another, and follows the work in the background to its end."""

    def act(self) -> None:
        if not self.town.drafts:
            self.journal.fail("there is no month left to open")
            return
        self.open(self.town.drafts[0])
        self.town.drafts.pop(0)

    def open(self, period: int) -> None:
        """Where an answer is missing, the page of the period says whether its opening has begun."""
        job = None
        while job is None and not self.load.ended.is_set():
            found = JOB.search(self.page(f"/ky/{period}/").text)
            if found is None:
                answer = self.send(
                    lambda: Attempt("open", period), f"/ky/{period}/mo/", {}, "/viec-nen/", again=False
                )
                found = JOB.search(answer.location) if answer is not None else None
            job = found[1] if found is not None else None
        while not self.load.ended.is_set():
            try:
                said = self.page(f"/viec-nen/{job}/trang-thai/").text
            except Lost:
                time.sleep(AGAIN_SECONDS)
                continue
            state = json.loads(said)["state"]
            if state == "failed":
                self.journal.fail(f"the job of period {period} failed: {said}")
            if state in ("done", "failed"):
                self.load.opened += 1
                return
            time.sleep(0.05)


class Load:
    """Everybody at work. `cards` and `tasks` by person are known from the beginning."""

    def __init__(self, town: Town, port: int, seed: int) -> None:
        self.town, self.port = town, port
        self.journal = Journal()
        self.ended = threading.Event()
        self.cards: dict[int, int] = {}
        self.tasks: dict[int, list[int]] = {}
        self.opened = 0
        self._seed = seed
        self._everybody: list[Somebody] = []

    def prepare(self, look: Callable[[], tuple[dict[int, int], dict[int, list[int]]]]) -> None:
        """Before the first kill: the month is opened and everybody has two tasks, through the product like the rest."""
        policy, head = Policy(self, self.town.policy, 0), Head(self, self.town.head, 0)
        policy.sign_in()
        policy.open(self.town.period)
        head.sign_in()
        for person in self.town.staff.values():
            head.assign(person, 900)
            head.assign(person, 900)
        self.cards, self.tasks = look()

    def begin(self) -> None:
        kinds: list[tuple[type[Somebody], str]] = [(Staff, name) for name in self.town.staff]
        kinds += [(Head, self.town.head), (OtherHead, self.town.head), (Policy, self.town.policy)]
        self._everybody = [
            kind(self, name, self._seed * 100 + number) for number, (kind, name) in enumerate(kinds, 1)
        ]
        for somebody in self._everybody:
            somebody.start()

    def finish(self) -> None:
        """Let everybody finish what they are at."""
        self.ended.set()
        for somebody in self._everybody:
            somebody.join(60)
            assert not somebody.is_alive(), f"{somebody.username} waits for an answer that does not come"

    def under_way(self) -> int:
        return self.journal.count(Outcome.UNDER_WAY)
