"""What no page of any journey may do, whatever the journey is about."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

# Where the browser writes a violation of the policy to its console only, this says it with its place.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => console.error([
    "policy:", event.violatedDirective, "refused", event.blockedURI || "inline", event.sourceFile, event.lineNumber
].join(" ")));
"""
# A refused page (403, 404, 409, 422, 429) is an answer that journeys ask for; files that fail are seen as responses.
ANSWERED = "Failed to load resource: the server responded with a status of 4"


class Watch:
    """Collects errors of the console and of scripts, refusals of the policy, calls to other hosts, failures."""

    def __init__(self, address: str) -> None:
        self.host = urlsplit(address).netloc
        self.problems: list[str] = []

    def follow(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", self._web_error)
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(ANSWERED):
            self.problems.append(f"console at {message.page.url if message.page else '?'}: {message.text}")

    def _web_error(self, error: WebError) -> None:
        self.problems.append(f"script at {error.page.url if error.page else '?'}: {error.error}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.host:
            self.problems.append(f"another host was asked: {request.url}")

    def _response(self, response: Response) -> None:
        page_itself = response.request.is_navigation_request()
        if response.status >= 500 or (response.status >= 400 and not page_itself):
            self.problems.append(f"{response.status} for {response.request.method} {response.url}")

    def settle(self) -> list[str]:
        """What was collected since the last question."""
        found, self.problems = self.problems, []
        return found
