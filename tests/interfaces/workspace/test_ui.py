"""The filters that pages show numbers, fields and states with."""

from collections import namedtuple
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django import forms
from django.template import Context, Template
from django.utils import translation

from kpi_cms.interfaces.workspace.templatetags import ui


class Form(forms.Form):
    name = forms.CharField(label="Tên", widget=forms.TextInput(attrs={"class": "own"}))
    unit = forms.ChoiceField(label="Đơn vị", choices=[("1", "Văn phòng")])
    level = forms.ChoiceField(label="Mức", choices=[("100", "100%"), ("50", "50%")], widget=forms.RadioSelect)
    blocks = forms.MultipleChoiceField(
        label="Khối", required=False, choices=[("a", "Đảng")], widget=forms.CheckboxSelectMultiple
    )
    sudden = forms.BooleanField(label="Đột xuất", required=False)
    note = forms.CharField(label="Nhận xét", required=False, widget=forms.Textarea)
    file = forms.FileField(label="Tệp", required=False)
    secret = forms.CharField(label="Mật khẩu", widget=forms.PasswordInput)


@pytest.fixture(autouse=True)
def _in_vietnamese() -> Iterator[None]:
    """As a page is drawn, unless a test says another language."""
    with translation.override("vi"):
        yield


def shown(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("language", "expected"), [("vi", "92,63 93,75% 1,5 70.000"), ("en", "92.63 93.75% 1.5 70,000")]
)
def test_numbers_follow_the_language_of_the_page(language: str, expected: str) -> None:
    with translation.override(language):
        text = shown(
            "{{ a|points }} {{ b|percent }} {{ c|quantity }} {{ d|count }}",
            a=Decimal("92.625"),
            b=Fraction(15, 16),
            c="1.50",
            d=70_000,
        )
    assert text == expected


def test_a_score_beside_a_bound_shows_enough_digits() -> None:
    assert shown("{{ a|points:bounds }}", a="89.995", bounds=[50, 70, 90]) == "89,995"


def test_without_a_language_numbers_are_vietnamese() -> None:
    with translation.override(None):
        assert ui.points("4.5") == "4,50"


def test_days_and_moments() -> None:
    moment = datetime(2026, 7, 31, 10, 5, tzinfo=UTC)
    assert (
        shown("{{ a|day }} {{ a|moment }} {{ none|day }}", a=moment, none=None)
        == "31/07/2026 31/07/2026 17:05 –"
    )


def test_a_value_of_any_kind_is_shown_as_its_kind() -> None:
    values = [
        None,
        "",
        "chữ",
        True,
        Decimal("4.50"),
        3,
        date(2026, 7, 1),
        datetime(2026, 7, 1, 1, 0, tzinfo=UTC),
    ]
    assert [ui.plain(value) for value in values] == [
        "–",
        "–",
        "chữ",
        True,
        "4,5",
        "3",
        "01/07/2026",
        "01/07/2026 08:00",
    ]


def test_an_unknown_state_is_grey() -> None:
    assert [ui.colour(state) for state in ("confirmed", "overdue", "never heard of", None)] == [
        "green",
        "red",
        "grey",
        "grey",
    ]


@pytest.mark.parametrize(
    ("value", "maximum", "length"),
    [
        ("92,5", 100, "92.5"),
        (Fraction(1, 3), 1, "33.33"),
        (130, 100, "100"),
        (-5, 100, "0"),
        (None, 100, "0"),
        (5, 0, "0"),
    ],
)
def test_a_bar_is_an_attribute_whatever_the_language(value: object, maximum: object, length: str) -> None:
    with translation.override("vi"):
        assert ui.bar_length(value, maximum) == length  # type: ignore[arg-type]  # the cases are of every accepted type


def test_each_kind_of_field_has_its_layout_and_its_class() -> None:
    form = Form(auto_id="x_%s")
    assert [ui.kind(field) for field in form] == [
        "single",
        "single",
        "radios",
        "checkboxes",
        "checkbox",
        "single",
        "single",
        "password",
    ]
    assert 'class="govuk-input govuk-input--width-5 own"' in ui.control(form["name"], "govuk-input--width-5")
    assert 'class="govuk-select"' in ui.control(form["unit"])
    assert 'class="govuk-textarea"' in ui.control(form["note"])
    assert 'class="govuk-file-upload"' in ui.control(form["file"])
    assert 'class="govuk-input govuk-password-input__input govuk-js-password-input-input"' in ui.control(
        form["secret"]
    )
    assert 'class="govuk-checkboxes__input"' in ui.checkbox(form["sudden"])
    assert [ui.first_control(form[name]) for name in ("name", "level", "blocks")] == [
        "x_name",
        "x_level_0",
        "x_blocks_0",
    ]


def test_a_refused_field_is_marked_and_described() -> None:
    form = Form({"unit": "1", "level": "100", "secret": "x"})
    assert not form.is_valid()
    control = ui.control(form["name"])
    assert 'class="govuk-input govuk-input--error own"' in control
    assert 'aria-invalid="true" aria-describedby="id_name_error"' in control


def test_the_summary_names_each_field_and_leads_to_its_control() -> None:
    form = Form({"name": "a", "unit": "1", "secret": "x"})
    form.add_error(None, "Tổng vượt quá số lượng.")
    with translation.override("en"):
        assert ui.problems(form) == [
            {"text": "Tổng vượt quá số lượng.", "href": ""},
            {"text": "Mức: This field is required.", "href": "#id_level_0"},
        ]
    assert (ui.problems(None), ui.problems(Form())) == ([], [])
    assert (ui.any_errors(None), ui.any_errors([Form()]), ui.any_errors([Form(), form])) == (
        False,
        False,
        True,
    )


def test_a_stale_save_is_laid_out_side_by_side() -> None:
    stale = namedtuple("stale", "mine theirs")({"A": "1", "B": "2"}, {"A": "1", "C": "3"})
    assert ui.as_rows(stale) == [
        {"label": "A", "mine": "1", "theirs": "1", "differs": False},
        {"label": "B", "mine": "2", "theirs": None, "differs": True},
        {"label": "C", "mine": None, "theirs": "3", "differs": True},
    ]
    rows = [{"label": "A"}]
    assert (ui.as_rows(rows), ui.as_rows(object())) == (rows, [])


def test_a_row_of_the_wrong_length_is_a_mistake_of_the_page() -> None:
    assert ui.pairs("ab", [1, 2]) == [("a", 1), ("b", 2)]
    with pytest.raises(ValueError, match="shorter"):
        ui.pairs("ab", [1])


def test_a_field_shows_what_was_typed() -> None:
    assert [ui.entered(value) for value in (None, "4,x", Decimal("4.50"))] == ["", "4,x", "4,5"]
