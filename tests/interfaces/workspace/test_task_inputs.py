"""Whatever is typed into the forms of tasks is taken or answered with a sentence; no page breaks over it."""

from typing import Any

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi_cms.evaluation.domain import deductions
from kpi_cms.evaluation.models import Task
from snippets.enums import Capability
from tests.factories import evaluation as make
from tests.factories.snippets import hold
from tests.helpers import month
from tests.helpers.pages import body

ANSWERS = {200, 302, 403, 404, 409, 422}

QUANTITIES = st.sampled_from(
    [
        "", "0", "-1", "-0", "1", "4", "5", "0,5", "2.5", "0,001", "0,0004", "0,3333", "999999", "1000000",
        "9999999,999", "1e5", "NaN", "Infinity", "٣", "½", "1.234,5", "00000000000001", "1,", ",5", "１",
    ]
)  # fmt: skip
DAYS = st.sampled_from(
    [
        "", "20/07/2026", "01/07/2026", "31/07/2026", "30/06/2026", "01/08/2026", "01/01/0001", "31/12/9999",
        "31/02/2026", "2026-07-20", "20/07/26", "hôm nay", "0/0/0", "99/99/9999",
    ]
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "",
        "0",
        "-1",
        "1",
        "2",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999999",
        "1.0",
        "x",
        "²",
    ]
)
WORDS = st.one_of(
    st.sampled_from(
        ["", " ", "x" * 121, "x" * 201, "x" * 4001, "\x00", "<b>", "a\r\nb", "é\u0301", "'; --", "\u202e"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
)
SWITCHES = st.sampled_from(["", "on", "yes", "no", "accept", "decline", "maybe"])

FIELDS: dict[str, Any] = {
    "expected": st.one_of(KEYS, st.just("1"), st.just("2"), st.just("3")),
    "product": KEYS,
    "taker": KEYS,
    "unit_number": st.one_of(KEYS, st.just("3")),
    "quantity": QUANTITIES,
    "completed": QUANTITIES,
    "accepted": QUANTITIES,
    "completed_on": DAYS,
    "due_on": DAYS,
    "name": WORDS,
    "note": WORDS,
    "reason": WORDS,
    "evidence_number": WORDS,
    "q": WORDS,
    "sudden": SWITCHES,
    "delayed": SWITCHES,
    "decision": SWITCHES,
    "p-TOTAL_FORMS": st.sampled_from(["2", "0", "-1", "9999999", "x", ""]),
    "p-INITIAL_FORMS": st.sampled_from(["0", "2", "x"]),
    **{
        f"p-{row}-{name}": values
        for row in (0, 1)
        for name, values in (("person", KEYS), ("share", QUANTITIES), ("due_on", DAYS), ("label", WORDS))
    },
}


@pytest.fixture
def forms(world, sign_in):
    """Every form of tasks with what it would take, for whoever may use it."""
    hold(world.head.user, world.department, Capability.VIEW, Capability.EVALUATE, Capability.ASSIGN)
    head, own = sign_in(world.head), sign_in(world.lan)
    given, done = make.assigned(world, world.lan), make.reported(world, world.lan, "2")
    begun = make.accepted(world, world.lan, "2", quantity="4")
    proposed, unnamed = make.proposed(world, world.lan), make.unnamed(world, world.lan)
    fault = deductions.record_fault(
        actor=world.head.user, moment=make.MOMENT, task=done, unit_number=1, reason="Sai"
    )
    sound = {
        "expected": "1", "product": str(world.product.pk), "taker": str(world.minh.pk), "unit_number": "1",
        "quantity": "1", "completed": "3", "accepted": "1", "completed_on": "19/07/2026", "due_on": "20/07/2026",
        "name": "Việc", "note": "", "reason": "Có lý do", "evidence_number": "1/BC", "decision": "accept",
        "p-TOTAL_FORMS": "2", "p-INITIAL_FORMS": "0", "p-0-person": str(world.lan.pk), "p-0-share": "0,5",
        "p-0-due_on": "20/07/2026", "p-0-label": "Phần", "p-1-person": str(world.minh.pk), "p-1-share": "0,3",
        "p-1-due_on": "20/07/2026", "p-1-label": "Phần",
    }  # fmt: skip

    def url(name: str, *args: object) -> str:
        return reverse(f"workspace:{name}", args=args)

    period = world.period.pk
    addresses = [
        (head, url("assign_task", period, world.lan.pk)), (head, url("split_task", "A1", period)),
        (own, url("propose_task", period)), (own, url("report_task", given.pk)), (own, url("report_task", begun.pk)),
        (head, url("change_task", given.pk)), (head, url("confirm_task", done.pk)),
        (head, url("decide_task", proposed.pk)), (head, url("name_product", unnamed.pk)),
        (head, url("record_fault", done.pk)), (head, url("record_delay", done.pk)),
        (head, url("hand_over_task", begun.pk)), (head, url("move_task", given.pk)),
        (head, url("withdraw_deduction", done.pk, "sai-sot", fault.pk)),
        (head, url("confirm_cause", done.pk, "sai-sot", fault.pk)),
    ]  # fmt: skip
    fresh = {str(task.pk): str(task.version_number) for task in Task.objects.all()}

    def expected(address: str) -> str:
        return next((fresh[part] for part in address.split("/") if part in fresh), "1")

    return [(client, address, sound | {"expected": expected(address)}) for client, address in addresses]


def test_every_form_takes_what_is_sound(forms):
    """Else the examples below would say nothing."""
    for client, address, sound in forms:
        if "dieu-chuyen" in address:
            continue  # past its due date today
        with month.undone():
            assert (address, client.post(address, sound).status_code) == (address, 302)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_what_cannot_be_used_is_answered_with_a_sentence(forms, data):
    client, address, sound = data.draw(st.sampled_from(forms))
    names = data.draw(st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=4, unique=True))
    sent = sound | {name: data.draw(FIELDS[name], label=name) for name in names}
    with month.undone():
        response = client.post(address, sent)
        assert response.status_code in ANSWERS
        if response.status_code in (403, 404, 409, 422):
            assert "." in body(response)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_no_address_of_a_form_breaks(forms, data):
    client, address, _sound = data.draw(st.sampled_from(forms))
    query = {"q": data.draw(WORDS), "san-pham": data.draw(KEYS), "ky": data.draw(KEYS)}
    assert client.get(address, query).status_code in ANSWERS
