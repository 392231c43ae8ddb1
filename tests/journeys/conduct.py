"""What people do in a month, as verbs that take somebody at their browser: used by the journeys in turn."""

import re
from collections.abc import Mapping

from playwright.sync_api import Locator, expect

from tests.journeys.people import Somebody, vi

# --- The page editor ----------------------------------------------------------------------------------------
CRITERION = (
    "parts-0-value-sections-0-value-criteria-0-value"  # I.1, where the first section has its first criterion
)


def handles_around(somebody: Somebody, field: Locator) -> list[Locator]:
    """What opens the blocks around a field, the outermost first."""
    around: list[str] = field.evaluate(
        """field => {
            const found = [];
            for (let at = field.closest("section.w-panel"); at; at = at.parentElement.closest("section.w-panel"))
                found.unshift(at.id);
            return found;
        }"""
    )
    return [
        somebody.page.locator(f"[id='{key}'] > .w-panel__header [data-panel-toggle]").first for key in around
    ]


def unfold(somebody: Somebody, field: Locator) -> None:
    """Open the blocks around a field, as an author does who looks for it."""
    for handle in handles_around(somebody, field):
        if handle.get_attribute("aria-expanded") == "false":
            handle.click()


def write(somebody: Somebody, field: Locator, text: str) -> None:
    """Fill in a field and wait until the editor has saved the draft by itself: leaving sooner would meet its save.

    In its first seconds on a page the editor takes what stands in it for its beginning: then it saves nothing, and
    there is nothing to wait for.
    """
    field.fill(text)
    somebody.page.wait_for_function(
        """([name, text]) => {
            const form = document.querySelector("[data-edit-form]");
            const controller = (name) => wagtail.app.getControllerForElementAndIdentifier(form, name);
            const known = new URLSearchParams(controller("w-unsaved").initialFormData);
            return known.get(name) === text && !controller("w-autosave").submitPromise;
        }""",
        arg=[field.get_attribute("name"), text],
    )


def issue(somebody: Somebody) -> Somebody:
    """Take “Issue…” from the editor's actions."""
    return act(somebody, "Issue…")


def act(somebody: Somebody, name: str) -> Somebody:
    """Take one of the editor's actions."""
    # The footer's first button saves; the one beside it opens the other actions.
    somebody.page.locator("footer [data-w-dropdown-target='toggle']").click()
    with somebody.page.expect_navigation():
        somebody.page.get_by_role("button", name=vi(name), exact=True).click()
    return somebody


def see_impact(somebody: Somebody) -> Somebody:
    """From the confirmation: what the draft would do to the cards that are offered first, once it is computed."""
    somebody.follow("Effect on past cards…").press("Compute the effect")
    somebody.page.wait_for_url(re.compile(r"/tac-dong/\d+/$"), timeout=120_000)
    return somebody.reads("Nothing of the evaluation was written.")


def try_it(somebody: Somebody, example: str, *, completed: str, comes_to: str, name: str) -> Somebody:
    """From the editor: try a card that an example fills in, change one number, see the result follow, and keep it."""
    act(somebody, "Try it").follow(example)
    result = somebody.page.locator("#trial-result")
    before = result.inner_text()
    somebody.page.locator("#tasks-0-completed").fill(completed)
    expect(result).to_contain_text(comes_to)
    assert comes_to not in before
    expect(somebody.page.locator("#trial-trace")).to_contain_text(f"số được tính = {completed}")
    somebody.shot("tried")
    somebody.page.locator(".trial-keep summary").click()
    somebody.page.locator("#name").fill(name)
    somebody.press("Keep as an example").reads(name)
    return somebody.follow("Back to the editor")


# --- Tasks --------------------------------------------------------------------------------------------------
def assign(somebody: Somebody, address: str, *, product: str, quantity: str, due: str) -> Somebody:
    """On the page that gives a task: find a product by words, choose the first, say how much and until when."""
    somebody.open(address)
    somebody.page.locator("form[method=get]").get_by_role("searchbox").fill(product)
    somebody.press("Find")
    somebody.page.locator("input[name=product]:not([value=''])").first.check()
    somebody.page.locator("#id_quantity").fill(quantity)
    somebody.page.locator("#id_due_on").fill(due)
    return somebody.press("Assign the task").told("The task is assigned. The person sees it now.")


def report(somebody: Somebody, task: str, *, completed: str, on: str, document: str) -> Somebody:
    """From the list of one's tasks: report on the one of this name."""
    somebody.go(
        somebody.row(task).locator("td").last.get_by_role("link", name=re.compile(f"^{vi('Report')}"))
    )
    somebody.page.locator("#id_completed").fill(completed)
    somebody.page.locator("#id_completed_on").fill(on)
    somebody.page.locator("#id_evidence_number").fill(document)
    return somebody.press("Report").told("The report is saved. Your head confirms it.")


def confirm_all_reports(somebody: Somebody, address: str) -> Somebody:
    """On a person's tasks: confirm every report as it is."""
    somebody.open(address)
    waiting = somebody.page.locator("main td").get_by_role("link", name=re.compile(f"^{vi('Confirm')} "))
    while waiting.count():
        somebody.go(waiting.first).press("Confirm").told("The task is confirmed.")
    return somebody


# --- Scores -------------------------------------------------------------------------------------------------
GROUNDS = "Đơn vị hoàn thành kế hoạch tháng đúng thời hạn; nội bộ đoàn kết, phối hợp tốt."


def score_all(somebody: Somebody, *, but: Mapping[str, str] | None = None) -> None:
    """Every score at its maximum but those named by their code; of a choice the first, with grounds."""
    given = dict(but or {})
    for field in somebody.page.locator("input.kpi-score").all():
        code = field.get_attribute("data-name") or ""
        field.fill(given.pop(code, field.get_attribute("data-max") or ""))
    assert not given, f"No criterion is called {given}"
    for choice in somebody.page.locator(".govuk-radios[data-key]").all():
        choice.locator("input[type=radio]").first.check()
    for grounds in somebody.page.locator("textarea[id^='g-']").all():
        grounds.fill(GROUNDS)


def submit(somebody: Somebody) -> Somebody:
    """From one's own card, filled in: save, look at what is sent, send."""
    somebody.press("Save and send").told("The self-assessment is saved. It is not sent yet.")
    return somebody.press("Send to the evaluator").told(
        "The self-assessment is sent. The evaluator sees it now."
    )


def confirm(somebody: Somebody) -> Somebody:
    """From the evaluation, filled in: save, look at what is confirmed, confirm."""
    somebody.press("Save and confirm").told("The evaluation is saved. It is not confirmed yet.")
    return somebody.press("Confirm the result").told("The result is confirmed. Notify the person of it next.")


def state(somebody: Somebody) -> str:
    """Where the card of the page stands: the label of its present stage."""
    now = somebody.page.locator(".kpi-steps__item[aria-current=step] .kpi-steps__label")
    expect(now).to_have_count(1)
    return now.inner_text().split("\n")[0].strip()
