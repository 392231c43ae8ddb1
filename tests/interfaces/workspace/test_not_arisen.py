"""What did not arise on the screen of a card: a box with grounds, shown in words, and no sum while one types."""

from datetime import timedelta

import pytest
from django.urls import reverse

from kpi_cms.evaluation.domain import reopening, stages
from kpi_cms.evaluation.models import Score
from kpi_cms.foundation.engine import NOT_ARISEN
from tests.evaluation.test_not_arisen import GIVEN, a_month, entries, key_of, saved
from tests.factories.snippets import holder
from tests.helpers import month
from tests.helpers.pages import body, field, text
from tests.helpers.world import MOMENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(db):
    world = a_month()
    return world.card(world.lan)


def url(card):
    return reverse("workspace:card", args=[card.pk])


def posted(card, *ticked, **grounds):
    data = {"expected": str(card.version_number), "strengths": "", "weaknesses": ""}
    data |= {f"n-{key_of(card, code)}": "1" for code in ticked}
    return data | {f"g-{key_of(card, code)}": said for code, said in grounds.items()}


def test_what_may_not_arise_has_a_box_and_grounds_and_nothing_is_ticked(card, sign_in):
    page = body(sign_in(card.person).get(url(card)))

    for code in GIVEN:
        assert f'name="n-{key_of(card, code)}"' in page
        assert f'name="g-{key_of(card, code)}"' in page
    assert f'name="n-{key_of(card, "always")}"' not in page
    assert " checked" not in page
    # A sum of what is typed would not be the section's points.
    assert 'data-score-form-target="total"' not in page


def test_a_ticked_box_is_saved_whatever_was_typed_beside_it_and_shown_again(card, sign_in):
    client = sign_in(card.person)
    data = posted(card, "number", "checklist", number="Không có việc", checklist="Không giao")
    data[f"s-{key_of(card, 'number')}"] = "7,5"

    assert client.post(url(card), data).status_code == 302

    stored = Score.objects.order_by("criterion__code").values_list(
        "criterion__code", "value", "choice", "grounds"
    )
    assert list(stored) == [
        ("checklist", None, NOT_ARISEN, "Không giao"),
        ("number", None, NOT_ARISEN, "Không có việc"),
    ]
    page = body(client.get(url(card)))
    assert page.count(" checked") == 2
    assert f'value="{NOT_ARISEN}"' not in page
    assert "Không giao" in page

    card.refresh_from_db()
    assert client.post(url(card), posted(card, checklist="Không giao")).status_code == 302
    assert list(Score.objects.exclude(choice="").values_list("criterion__code", flat=True)) == []


def test_a_criterion_that_always_applies_takes_no_such_word(card, sign_in):
    data = posted(card, "always") | {f"s-{key_of(card, 'always')}": NOT_ARISEN}

    response = sign_in(card.person).post(url(card), data)

    assert response.status_code == 422
    assert not Score.objects.exists()
    assert "Nhập một số, ví dụ 4,5." in body(response)


def test_whoever_sends_it_without_grounds_is_led_to_the_place(card, sign_in):
    card = saved(card, "levels", grounds="").card

    page = body(sign_in(card.person).get(reverse("workspace:submit", args=[card.pk])))

    assert f'#s-{key_of(card, "levels")}"' in page
    assert "levels: Hãy nêu căn cứ" in text(
        sign_in(card.person).get(reverse("workspace:submit", args=[card.pk]))
    )


def test_where_there_is_nothing_to_compute_with_the_card_says_so(card, sign_in):
    saved(card, *GIVEN)  # and no task is assigned

    shown = text(sign_in(card.person).get(url(card)))

    assert "Không đủ dữ liệu: trong kỳ không có nhiệm vụ được giao hoặc nội dung phát sinh" in shown


def test_others_read_it_in_words_with_its_grounds(card, sign_in):
    card = saved(card, "choice", "indicator").card
    stages.submit_self(actor=card.person.user, moment=MOMENT, card=card, expected=card.version_number)

    response = sign_in(card.evaluator).get(url(card))

    shown = text(response)
    assert shown.count("Không phát sinh") >= 2
    assert "Không có việc" in shown
    assert NOT_ARISEN not in shown
    assert f'data-value="{NOT_ARISEN}"' not in body(response)


def test_a_reopened_criterion_is_decided_as_not_arisen_with_its_grounds(sign_in, clock, monkeypatch, db):
    monkeypatch.setattr("kpi_cms.interfaces.workspace.views.reopening.database_now", lambda: clock.now)
    world = a_month()
    month.worked(world, world.lan)
    card = saved(world.card(world.lan)).card
    card = stages.submit_self(actor=world.lan.user, moment=MOMENT, card=card, expected=card.version_number)
    stages.save_evaluation(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, entries=entries(card)
    )
    card = month.notified_as_it_stands(world, world.lan)
    key = key_of(card, "number")
    asked = reopening.ask_reopening(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, criteria=[key],
        until=MOMENT + timedelta(days=3), reason="Chấm nhầm",
    )  # fmt: skip
    policy = holder(world.root, "manage_periods", username="CS01")
    reopening.answer_reopening(actor=policy, moment=MOMENT, reopening=asked, approved=True, reason="")
    clock.now = MOMENT + timedelta(minutes=5)

    client, decide = sign_in(world.head), reverse("workspace:decide_anew", args=[card.pk])
    page = client.get(decide)
    assert "Ghi n/a nếu không phát sinh trong kỳ." in text(page)
    sent = {name: field(page, name) for name in ("expected", "seen")} | {
        "reason": "Xem lại",
        f"s-{key}": "n/a",
    }
    assert client.post(decide, sent | {f"g-{key}": ""}).status_code == 422
    assert client.post(decide, sent | {f"g-{key}": "Không có việc"}).status_code == 302

    score = Score.objects.get(criterion__code="number", assessment__stage="evaluator")
    assert (score.choice, score.grounds) == (NOT_ARISEN, "Không có việc")
