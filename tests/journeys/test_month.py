"""The whole month, as seven people live through it: from a criteria set with a mistake to a closed period.

One story in chapters, each a test: policy staff issue a set and open the month, the clerk brings in people and a
catalogue, the head gives tasks and decides, a member of staff reports and scores themselves, the head's own evaluator
decides about the head, the auditor reads all of it, and after the end nothing can be written any more.
"""

import io
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Route, expect
from pypdf import PdfReader

from tests.journeys import conduct
from tests.journeys.people import OUTPUT, PASSWORD, SECOND, Somebody, Town, vi
from tests.journeys.product import VIET_NAM, Product

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("story")]

WHOLE = True  # opening is a background job
UNIT = "HUNG-NGUYEN-CQ-KT"
STAFF_SET = "ND335-NV"
NOW = datetime.now(VIET_NAM)
TODAY = f"{NOW:%d/%m/%Y}"
MONTH = f"Tháng {NOW.month}/{NOW.year}"  # the one being prepared when the demonstration is loaded
CLERK, POLICY, PERSON, HEAD, CHAIR, AUDITOR = (
    "dau-moi", "chinh-sach", "can-bo", "truong-phong", "chu-tich", "kiem-tra",
)  # fmt: skip
PERSON_NAME = "Dương Thanh Dũng"
HEAD_NAME = "Đậu Công Hưng"
NEWCOMERS = ("NA09001", "NA09002", "NA09003", "NA09004", "NA09005")
NEWCOMER = NEWCOMERS[0]  # joins the department of the story
OWN_PASSWORD = "mùa gặt tháng mười ở Hưng Nguyên"


# --- 1. The criteria set ------------------------------------------------------------------------------------
def test_policy_staff_see_a_mistake_at_its_block_and_another_issues_the_corrected_set(town: Town) -> None:
    policy = town[POLICY].shot("home")
    policy.menu("Registers and criteria").shot("admin")
    policy.follow(re.compile("không giữ chức vụ lãnh đạo, quản lý")).shot("set")
    maximum = policy.page.locator(f"[name='{conduct.CRITERION}-maximum']")
    conduct.unfold(policy, maximum)
    conduct.write(policy, maximum, "6")
    conduct.issue(policy)
    block = policy.page.locator("[data-contentpath='sections'] section").first
    expect(block).to_contain_text(
        "Tổng điểm các tiêu chí của nhóm này là 11, không bằng điểm tối đa 10 của nhóm"
    )
    policy.shot("set-with-a-mistake")

    maximum = policy.page.locator(f"[name='{conduct.CRITERION}-maximum']")
    conduct.unfold(policy, maximum)
    conduct.write(policy, maximum, "5")
    behaviour = policy.page.locator(f"[name='{conduct.CRITERION}-guidance-0-value']")
    conduct.write(
        policy, behaviour, f"{behaviour.input_value()} Gương mẫu trong thực hiện nhiệm vụ được giao."
    )
    conduct.try_it(policy, "Đúng 90 điểm", completed="7", comes_to="100", name="Làm đủ 7 việc")
    conduct.issue(policy)
    policy.reads(
        "This draft will be frozen as a new version. A version never changes afterwards; periods opened from now on "
        "may use it.",
        "I.1 · Phẩm chất chính trị",
    ).shot("issue")
    button = policy.page.get_by_role("button", name=vi("Issue this version"), exact=True)
    expect(button).to_have_count(0)  # nobody issues their own last change
    address = policy.page.url.removeprefix(policy.product.address)
    conduct.see_impact(policy).shot("impact")
    second = town[SECOND].open(address).shot("issue")
    second.press("Issue this version").reads(f"{STAFF_SET} · 2", f"{STAFF_SET} · 1").shot("versions")
    second.follow(f"{STAFF_SET} · 2").reads(
        "Gương mẫu trong thực hiện nhiệm vụ được giao.", "Làm đủ 7 việc"
    ).shot("version")


# --- 2. People and catalogue --------------------------------------------------------------------------------
def workbooks(product: Product) -> Path:
    """The two workbooks that the demonstration offers to upload."""
    folder = product.folder / "workbooks"
    if not folder.exists():
        product.run(
            "from django.core.management import call_command\n"
            f"call_command('demonstration_workbooks', {str(folder)!r})"
        )
    return folder


def edited(workbook: Path, name: str, changes: Mapping[tuple[int, str], str]) -> Path:
    """A copy of a list with some cells typed anew: (row below the header from 0, header) → what is typed."""
    book = openpyxl.load_workbook(workbook)
    sheet = book.worksheets[0]
    header = next(row for row in sheet.iter_rows() if any(cell.value == "Mã đơn vị" for cell in row))
    columns = {cell.value: cell.column for cell in header}
    for (row, title), value in changes.items():
        sheet.cell(header[0].row + 1 + row, columns[title]).value = value
    saved = workbook.with_name(name)
    book.save(saved)
    book.close()
    return saved


def test_the_clerk_sees_every_error_of_a_workbook_and_then_brings_the_people_in(town: Town) -> None:
    folder = workbooks(town.product)
    wanted = {(row, "Cấp tài khoản"): "có" for row in range(len(NEWCOMERS))}
    people = edited(folder / "nhan-su-moi-hung-nguyen.xlsx", "danh-sach.xlsx", wanted)
    mistakes = {(0, "Mã đơn vị"): "HUNG-NGUYEN-CQ-TY", (1, "Ngày sinh"): "31/02/1990"}
    clerk = town[CLERK].shot("home")
    clerk.menu("Registers and criteria").shot("admin")
    clerk.go(clerk.page.get_by_role("link", name=vi("Import people")).first).shot("import")
    clerk.page.set_input_files("input[type=file]", edited(people, "danh-sach-loi.xlsx", mistakes))
    clerk.press("Check the workbook", status=422)
    lines = clerk.page.locator("main .listing tbody tr").all()
    errors = [line.locator("td").all_inner_texts() for line in lines]
    sheet, row = errors[0][0], int(errors[0][1])
    assert [(error[0], error[1], error[3]) for error in errors] == [
        (sheet, str(row), "“HUNG-NGUYEN-CQ-TY”"),
        (sheet, str(row + 1), "“31/02/1990”"),
    ]
    assert [error[2].rpartition(": ")[2] for error in errors] == ["Mã đơn vị", "Ngày sinh"]
    clerk.shot("import-errors")

    clerk.follow("Upload another file")
    clerk.page.set_input_files("input[type=file]", people)
    clerk.press("Check the workbook").reads(f"{vi('Created')}: 5", f"{vi('Left alone')}: 0").shot(
        "import-plan"
    )
    clerk.press("Apply all of it").shot("import-applied")
    with clerk.page.expect_download() as download:
        clerk.page.get_by_role("button", name=vi("Download the first passwords")).click()
    passwords = first_passwords(Path(download.value.path()))
    assert sorted(passwords) == list(NEWCOMERS)

    newcomer = town.stranger(NEWCOMER).sign_in(password=passwords[NEWCOMER])
    newcomer.reads(
        "Choose a password of your own before you go on. Nobody else knows it, the personnel office neither."
    )
    newcomer.shot("first-sign-in")
    for field, typed in (("current", passwords[NEWCOMER]), ("new", OWN_PASSWORD), ("repeated", OWN_PASSWORD)):
        newcomer.page.fill(f"#id_{field}", typed)
    newcomer.press("Change password").told("Your password was changed.")


def first_passwords(workbook: Path) -> dict[str, str]:
    """Account name → first password, from the file that the clerk was given."""
    book = openpyxl.load_workbook(io.BytesIO(workbook.read_bytes()))
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    book.close()
    return {str(row[0]): str(row[3]) for row in rows if re.fullmatch(r"NA\d{5}", str(row[0]))}


def test_the_clerk_uploads_the_next_version_of_the_catalogue(town: Town) -> None:
    catalogue = workbooks(town.product) / "danh-muc-hung-nguyen.xlsx"
    clerk = town[CLERK].open("/admin/")
    clerk.go(clerk.page.get_by_role("link", name=vi("Import a catalogue")).first)
    unit = clerk.page.locator("select[name=unit]")
    unit.select_option(unit.locator("option", has_text="(HUNG-NGUYEN)").first.get_attribute("value"))
    clerk.page.fill("input[name=title]", "Danh mục xã Hưng Nguyên, bổ sung")
    clerk.page.set_input_files("input[type=file]", catalogue)
    clerk.press("Check the workbook").reads("Points of the standard product").shot("catalogue-plan")
    clerk.press("Apply as the next draft").shot("catalogue-applied")
    clerk.open("/admin/").follow(vi("catalogues").capitalize()).follow("Danh mục xã Hưng Nguyên, bổ sung")
    clerk.shot("catalogue-draft").follow("Send").press("Send")
    clerk.reads("The catalogue was sent for standardisation.").shot("catalogue-sent")


# --- 3. Opening ---------------------------------------------------------------------------------------------
def group(policy: Somebody, title: str) -> str:
    """The heading of one group of the plan: its title and how many people."""
    return " ".join(policy.page.locator("h3", has_text=vi(title)).first.inner_text().split())


def test_policy_staff_see_who_gets_what_and_open_the_month(town: Town) -> None:
    policy = town[POLICY].open("/").menu("Periods").shot("periods")
    policy.follow(MONTH).reads("Who gets what").shot("before-opening")
    version = policy.page.locator("h3", has_text="không giữ chức vụ lãnh đạo").inner_text()
    assert re.search(r"phiên bản 2: 211 ", " ".join(version.split()))
    assert re.search(r": 53 ", group(policy, "No criteria version applies"))
    policy.follow(re.compile(f" 53 .*{vi('No criteria version applies')}"))
    assert policy.page.locator("main tbody tr, main ol li, main ul.govuk-list li").count() >= 53
    policy.shot("without-a-version").page.go_back()

    policy.follow("Choose the versions").shot("versions")
    first = policy.page.get_by_label(re.compile("không giữ chức vụ lãnh đạo.*phiên bản 1"))
    first.check()
    policy.press("Use these versions").told("The versions are chosen. See below who gets which.")
    assert re.search(r": 211 ", group(policy, "Two versions of one frame apply"))
    policy.shot("two-versions").follow("Choose the versions")
    first.uncheck()
    policy.press("Use these versions")
    assert re.search(r": 0 ", group(policy, "Two versions of one frame apply"))

    policy.press("Open the period").shot("opening")
    policy.page.wait_for_url(re.compile(r"/ky/\d+/$"), timeout=120_000)
    expect(policy.fact("State")).to_have_text(vi("Open"))
    policy.shot("open")


# --- 4. Tasks -----------------------------------------------------------------------------------------------
def test_the_head_gives_tasks_and_the_person_reports_and_proposes(town: Town) -> None:
    head = town[HEAD].shot("home")
    head.menu("Units").follow("Phòng Kinh tế").shot("unit")
    head.follow("Tasks of the unit").shot("unit-tasks")
    head.follow(PERSON_NAME).shot("person-without-tasks")
    address = head.link("Assign a task").get_attribute("href")
    head.follow("Assign a task").shot("assign")
    conduct.assign(head, address, product="kiem tra cong trinh", quantity="2", due=TODAY)
    conduct.assign(head, address, product="Báo cáo định kỳ", quantity="1", due=TODAY)
    head.shot("tasks-given")

    person = town[PERSON].shot("home").menu("My tasks").shot("tasks")
    given = person.page.locator("main tbody tr th a").all_inner_texts()
    assert len(given) == 2
    for task, number in zip(given, ("125/BB-KT", "126/BC-KT"), strict=True):
        quantity = person.row(task).locator(f"[data-label='{vi('Assigned')}']").inner_text()
        conduct.report(person, task, completed=quantity, on=TODAY, document=number)
    person.follow("Propose a sudden task").shot("propose")
    person.page.fill("#id_name", "Hỗ trợ đoàn kiểm tra của tỉnh")
    person.page.fill("#id_quantity", "1")
    person.page.fill("#id_due_on", TODAY)
    person.press("Propose the task").told("The task is proposed. It counts once your head has accepted it.")
    person.shot("reported")


def test_the_head_decides_confirms_and_records_what_went_wrong(town: Town) -> None:
    head = town[HEAD].open("/").menu("Tasks to decide").shot("tasks-to-decide")
    head.follow("Hỗ trợ đoàn kiểm tra của tỉnh").shot("decide")
    head.page.locator("form[method=get]").get_by_role("searchbox").fill("DC.01")
    head.press("Find")
    head.page.locator("input[name=product]:not([value=''])").first.check()
    head.page.get_by_label(vi("Accept it as an extra task")).check()
    head.press("Decide").told("The proposal is decided.")
    person = town[PERSON].open("/nhiem-vu/")
    conduct.report(person, "Hỗ trợ đoàn kiểm tra của tỉnh", completed="1", on=TODAY, document="127/CV-KT")

    head.open("/").menu("Tasks to decide").shot("reports-to-confirm")
    reports = head.page.locator("main tbody tr th a")
    for left in (3, 2, 1):
        expect(reports).to_have_count(left)
        head.go(reports.first).press("Confirm").told("The task is confirmed.")
        tasks = head.page.url
        head.open("/").menu("Tasks to decide")
    head.open(tasks.removeprefix(town.product.address)).shot("tasks-confirmed")

    first, second, *_extra = head.page.locator("main tbody tr th a").all_inner_texts()
    head.follow(first).follow("Record a major error")
    head.page.fill("#id_unit_number", "1")
    head.page.fill("#id_reason", "Biên bản thiếu chữ ký của chủ đầu tư, phải lập lại.")
    head.press("Record the major error").told("The major error is recorded. The person sees your reason.")
    head.shot("major-error")
    head.open(tasks.removeprefix(town.product.address)).follow(second).follow("Record a delay")
    head.page.fill("#id_unit_number", "1")
    head.page.fill("#id_reason", "Báo cáo nộp sau giờ hẹn.")
    head.press("Record the delay").told("The delay is recorded. The person sees your reason.")
    head.follow("Confirm an objective cause")
    head.page.fill("#id_reason", "Mất điện toàn xã cả ngày.")
    head.press("Confirm the objective cause").reads(
        "No: objective cause confirmed", "Mất điện toàn xã cả ngày."
    )
    head.shot("objective-cause")


# --- 5. Scores ----------------------------------------------------------------------------------------------
def test_the_person_scores_themselves_with_the_keyboard_alone_and_sends_the_card(town: Town) -> None:
    person = town[PERSON].open("/").menu("My cards")
    person.go(person.page.locator("main tbody tr th a").first).shot("card")
    fields = person.page.locator("input.kpi-score")
    keys = person.page.keyboard
    person.page.locator("h1").click()
    for _press in range(60):
        keys.press("Tab")
        if fields.first.evaluate("field => field === document.activeElement"):
            break
    expect(fields.first).to_be_focused()
    for number in range(fields.count()):
        expect(fields.nth(number)).to_be_focused()
        keys.type("4,5" if number < 2 else "2,25")
        keys.press("Enter")
    assert person.page.locator(".kpi-savebar output").inner_text() == "27,00"
    person.shot("self-scored")
    save = person.page.get_by_role("button", name=vi("Save"), exact=True)
    expect(save).to_be_focused()
    person.enter().told("The self-assessment is saved. It is not sent yet.")
    assert fields.first.input_value() == "4,5"

    person.page.fill("#strengths", "Chủ động, bám sát thời hạn.")
    person.page.fill("#weaknesses", "Cần lập hồ sơ công việc sớm hơn.")
    conduct.submit(person).shot("self-sent")


def test_a_stale_save_is_refused_with_both_values(town: Town) -> None:
    head = town[HEAD].open("/").menu("Evaluation")
    head.follow(PERSON_NAME).follow("Evaluate").shot("evaluate")
    address = head.page.url.removeprefix(town.product.address)
    second = Somebody(head.context, town.product, head.camera, HEAD).open(address)
    conduct.score_all(head)
    head.press("Save").told("The evaluation is saved. It is not confirmed yet.").shot("evaluation-saved")
    second.page.locator("input.kpi-score").first.fill("3,75")
    second.press("Save", status=409)
    conflict = second.page.locator(".kpi-conflict tbody tr").first
    expect(conflict).to_contain_text("I.1")
    assert conflict.locator("mark").all_inner_texts() == ["3,75", "5"]
    assert second.page.locator("input.kpi-score").first.input_value() == "3,75"
    second.shot("stale-save")
    second.page.close()


def test_the_head_returns_the_card_and_confirms_it_when_it_comes_again(town: Town) -> None:
    head, person = town[HEAD], town[PERSON]
    head.open("/").menu("Evaluation")
    head.follow(PERSON_NAME).follow("Return to the person")
    head.press("Return the card", status=422).reads("Give a reason.")
    head.page.fill("#id_reason", "Nêu rõ minh chứng của tiêu chí III.2 rồi gửi lại.")
    head.press("Return the card").told("The card is returned. The person sees your reason.").shot("returned")

    person.open("/").reads("Nêu rõ minh chứng của tiêu chí III.2 rồi gửi lại.").shot("came-back")
    person.follow("Correct it and send it again")
    person.page.locator("input.kpi-score[data-name='III.2']").fill("2")
    person.press("Save", status=422).shot("reason-needed")
    person.page.fill("#reason", "Bổ sung minh chứng, tự chấm lại cho sát.")
    conduct.submit(person)

    head.open("/").shot("home-again")
    head.follow(PERSON_NAME).shot("evaluate-again")
    self_score = head.row("III.2.").locator("td").nth(1)
    expect(self_score).to_have_text("2")
    head.row("III.2.").get_by_role("button").click()
    expect(head.page.locator("input.kpi-score[data-name='III.2']")).to_have_value("2")
    head.page.fill("#comment", "Hoàn thành nhiệm vụ được giao trong tháng.")
    if head.page.locator("#reason").count():
        head.page.fill("#reason", "Chấm theo minh chứng bổ sung.")
    head.press("Save and confirm").shot("confirm")
    head.press("Confirm the result").told("The result is confirmed. Notify the person of it next.")
    head.press("Notify the person of the result").told(
        "The person is notified. From today they can appeal against the result."
    )
    head.shot("notified")


# --- 6. The head's own evaluator ----------------------------------------------------------------------------
def tasks_of(somebody: Somebody, name: str) -> str:
    """The address where this person's tasks of the open month are given and confirmed."""
    somebody.open(f"/don-vi/{UNIT}/nhiem-vu/").follow(name)
    return somebody.page.url.removeprefix(somebody.product.address)


def given(somebody: Somebody, name: str, *, product: str) -> str:
    """Give somebody one task; returns the address of their tasks."""
    address = tasks_of(somebody, name)
    form = somebody.link("Assign a task").get_attribute("href") or ""
    conduct.assign(somebody, form, product=product, quantity="1", due=TODAY)
    return address


def done(somebody: Somebody) -> None:
    """Report on the one task, score and send the card of the open month: all that a member of staff has to do."""
    somebody.open("/nhiem-vu/")
    task = somebody.page.locator("main tbody tr th a").first.inner_text()
    conduct.report(somebody, task, completed="1", on=TODAY, document="12/BC")
    somebody.menu("My cards").go(somebody.page.locator("main tbody tr th a").first)
    conduct.score_all(somebody)
    conduct.submit(somebody)


def colleagues(head: Somebody) -> dict[str, str]:
    """Name → staff code of everybody in the department but the person and the head of this story."""
    head.open(f"/don-vi/{UNIT}/nhiem-vu/").follow("Split a larger product").shot("split")
    options = head.page.locator("select").first.locator("option").all_inner_texts()
    found = dict(match.groups() for text in options if (match := re.fullmatch(r"(.+) \((\w+)\)", text)))
    return {name: code for name, code in found.items() if name not in (PERSON_NAME, HEAD_NAME)}


def test_the_head_cannot_be_decided_before_everybody_they_manage(town: Town) -> None:
    chair, head = town[CHAIR].shot("home"), town[HEAD]
    address = given(chair, HEAD_NAME, product="QL.01")
    done(head)
    head.shot("own-card-sent")
    conduct.confirm_all_reports(chair, address).open("/").shot("home-again")
    chair.follow(HEAD_NAME).shot("evaluate-head")
    conduct.score_all(chair, but={"I.1": "4,75"})
    chair.press("Save and confirm").reads(
        "The results of the people managed are not all confirmed yet (d is pending)."
    ).shot("d-pending")
    chair.press("Confirm the result", status=409).reads(
        "The results of people this leader manages are not all confirmed yet (d is pending). Confirm theirs first."
    ).shot("d-pending-refused")


def test_the_head_goes_through_the_whole_department(town: Town) -> None:
    head = town[HEAD]
    everybody = colleagues(head)
    assert NEWCOMER in everybody.values()
    assert len(everybody) == 6
    others = [code for code in everybody.values() if code != NEWCOMER]
    played = {NEWCOMER, others[0]}  # the same six times over would show nothing more
    for name, code in everybody.items():
        if code not in played:
            continue
        address = given(head, name, product="DC.01")
        member = town.somebody(code, password=OWN_PASSWORD if code == NEWCOMER else PASSWORD)
        done(member)
        member.context.close()
        conduct.confirm_all_reports(head, address)
        head.open("/danh-gia/").follow(name).follow("Evaluate")
        conduct.score_all(head)
        conduct.confirm(head)
    town.product.run(f"from tests.journeys import department\ndepartment.live({others[1:]!r})")
    head.open(f"/don-vi/{UNIT}/").shot("department-confirmed")
    head.press("Notify all confirmed results").told(
        vi("%(count)s people are notified of their results.", count=6)
    )
    head.shot("department-notified")


def test_the_chair_decides_about_the_head(town: Town) -> None:
    chair = town[CHAIR].open("/danh-gia/").follow(HEAD_NAME).follow("Evaluate")
    chair.press("Save and confirm").shot("confirm-head")
    chair.press("Confirm the result").press("Notify the person of the result")
    chair.follow(re.compile("^Cấp có thẩm quyền")).reads("People whose results count", PERSON_NAME)
    assert chair.page.locator("main").get_by_text(vi("Not confirmed yet")).count() == 0
    chair.shot("why-head")


# --- 7. The result ------------------------------------------------------------------------------------------
def keep(route: Route) -> None:
    """The browser would show the form in its own viewer; here it saves what the product sent."""
    answer = route.fetch()
    assert answer.headers["content-type"] == "application/pdf"
    route.fulfill(response=answer, headers={**answer.headers, "content-disposition": "attachment"})


def test_the_person_reads_why_and_prints_the_form(town: Town) -> None:
    person = town[PERSON].open("/").shot("home-notified").menu("My cards")
    person.go(person.page.locator("main tbody tr th a").first).shot("result")
    figures = person.page.locator(".kpi-figures").first
    expect(figures).to_contain_text("98,91")
    expect(figures).to_contain_text("Hoàn thành xuất sắc nhiệm vụ")
    assert person.page.locator("main form:not([action*='/in/'])").count() == 0
    person.follow(re.compile("^Cấp có thẩm quyền")).shot("why")
    steps = person.page.locator("main .kpi-table tbody tr")
    clauses = [
        text for text in steps.locator("td:last-child").all_inner_texts() if "Đ" in text or "Phụ lục" in text
    ]
    assert steps.count() >= 20
    assert len(clauses) >= 10
    person.page.go_back()
    printed = OUTPUT / "month-form-01.pdf"
    person.page.route("**/in/**", keep)
    with person.page.expect_download() as printing:
        person.page.get_by_role("button", name=vi("Print Form 01")).click()
    printing.value.save_as(printed)
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(printed).pages).split())
    for expected in (PERSON_NAME, HEAD_NAME, "Phòng Kinh tế", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "98,91"):
        assert expected in text


def test_the_person_says_what_they_think_of_a_criterion(town: Town) -> None:
    person = town[PERSON].open("/").menu("My cards")
    person.go(person.page.locator("main tbody tr th a").first).follow("Feedback on the criteria")
    first = person.page.locator("main fieldset").first
    first.get_by_label(vi("Is it clear?")).select_option(label="Có")
    first.get_by_label(vi("Remark")).fill("Nên có ví dụ cho từng mức điểm.")
    person.shot("feedback").press("Send the feedback")
    person.told("Thank you. You can change what you said until the period is closed.")


# --- 8. The auditor -----------------------------------------------------------------------------------------
def test_the_auditor_sees_every_change_and_can_make_none(town: Town) -> None:
    auditor = town[AUDITOR].shot("home").menu("History").shot("units")
    auditor.page.locator("main").get_by_role("searchbox").fill("phong kinh te")
    auditor.press("Find").follow("Phòng Kinh tế").shot("unit-history")
    auditor.page.fill("#id_person", PERSON_NAME)
    auditor.press("Filter").shot("unit-history-filtered")
    auditor.follow(re.compile(f"^{PERSON_NAME}")).shot("card-history")
    rows = auditor.page.locator("main tbody tr")
    changed = rows.filter(has_text="III.2").filter(has_text="Bổ sung minh chứng, tự chấm lại cho sát.").first
    expect(changed).to_contain_text(PERSON_NAME)
    expect(changed).to_contain_text(re.compile(r"2,25\s*→\s*2(?!,)"))
    expect(rows.filter(has_text="Nêu rõ minh chứng của tiêu chí III.2 rồi gửi lại.").first).to_contain_text(
        HEAD_NAME
    )
    auditor.follow("Acts").shot("card-acts")

    auditor.follow("The card", within=".kpi-page").shot("card")
    card = auditor.page.url.removeprefix(town.product.address)
    assert auditor.page.locator("main form:not([action*='/in/'])").count() == 0
    for step in ("danh-gia", "xac-nhan", "tra-lai"):
        auditor.open(f"{card}{step}/", status=403)
    auditor.shot("refused").open("/admin/", status=404)


# --- 9. The end ---------------------------------------------------------------------------------------------
def test_policy_staff_close_the_month_and_nothing_is_written_any_more(town: Town) -> None:
    late = town[CLERK].open("/").menu("My cards")
    late.go(late.page.locator("main tbody tr th a").first)
    late.page.locator("input.kpi-score, input[type=radio]").first.scroll_into_view_if_needed()

    policy = town[POLICY].open("/").menu("Progress").shot("progress")
    policy.menu("Periods")
    assert policy.page.locator("main tbody th").all_inner_texts()[0] == MONTH
    policy.follow(MONTH).follow("Close the period").shot("close")
    unfinished = policy.page.locator("main tbody tr").count()
    assert unfinished > 10
    policy.press("Close the period for ever", status=422).reads("Tick the box: closing cannot be undone.")
    policy.page.get_by_label(vi("I have seen this list. Close the period for ever.")).check()
    policy.press("Close the period for ever").told("The period is closed. Nothing in it changes any more.")
    expect(policy.fact("State")).to_have_text(vi("Closed"))
    policy.shot("closed")
    policy.menu("Fit of the criteria").shot("fit")
    versions = policy.page.get_by_label(vi("Criteria version"))
    of_staff = [text for text in versions.locator("option").all_inner_texts() if text.startswith(STAFF_SET)]
    versions.select_option(label=of_staff[0])
    policy.press("Show").reads("How each criterion was scored").shot("fit-of-staff")
    assert (
        "Nên có ví dụ" not in policy.page.locator("main").inner_text()
    )  # one person's remark is nobody's to read

    late.page.fill("#strengths", "Đến sau khi kỳ đã khóa.")
    late.press("Save", status=409).reads("This period is closed. Nothing in it can be changed any more.")
    late.shot("refused")
    town[PERSON].open("/phieu/").go(town[PERSON].page.locator("main tbody tr th a").first).reads(
        "This period is closed. Nothing in it can be changed any more."
    ).shot("after-the-end")
