"""Dates and numbers of the hosts' own widgets and lists, as our readers write them."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django import forms
from django.utils import formats, translation

MOMENT = datetime(2026, 7, 31, 17, 5)  # noqa: DTZ001 - a moment as a template hands it over, already local


@pytest.mark.parametrize(("language", "number"), [("vi", "1.234,50"), ("en", "1,234.50")])
def test_dates_and_numbers_read_as_written_in_viet_nam(language, number):
    with translation.override(language):
        assert formats.date_format(date(2026, 7, 31)) == "31/07/2026"
        assert formats.date_format(MOMENT, "DATETIME_FORMAT") == "31/07/2026 17:05"
        assert formats.date_format(MOMENT, "SHORT_DATETIME_FORMAT") == "31/07/2026 17:05"
        assert formats.date_format(MOMENT, "TIME_FORMAT") == "17:05"
        assert formats.date_format(MOMENT, "YEAR_MONTH_FORMAT") == "07/2026"
        assert formats.date_format(MOMENT, "MONTH_DAY_FORMAT") == "31/07"
        assert formats.localize(Decimal("1234.50"), use_l10n=True) in {number, number.replace(number[1], "")}
        assert formats.number_format(Decimal("1234.50"), use_l10n=True, force_grouping=True) == number
        assert formats.get_format("FIRST_DAY_OF_WEEK") == 1


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("typed", ["31/07/2026", "31-07-2026", "31.07.2026", "2026-07-31"])
def test_a_day_is_read_in_each_way_people_type_it(language, typed):
    with translation.override(language):
        assert forms.DateField(localize=True).clean(typed) == date(2026, 7, 31)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_an_american_day_is_refused(language):
    with translation.override(language), pytest.raises(forms.ValidationError):
        forms.DateField(localize=True).clean("07/31/2026")
