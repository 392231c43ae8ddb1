"""Signing in: the demonstration's buttons, five wrong attempts, the first password, an idle session, the languages."""

import pytest

from tests.journeys.people import SIX, Town

pytestmark = pytest.mark.journey

NAMES = {
    "chinh-sach": "Đỗ Thị Vân",
    "dau-moi": "Đặng Văn Thuận",
    "can-bo": "Dương Thanh Dũng",
    "truong-phong": "Đậu Công Hưng",
    "chu-tich": "Ngô Văn Cường",
    "kiem-tra": "Đinh Bá Tuấn",
}


def test_one_press_signs_in_each_of_the_six(town: Town) -> None:
    visitor = town.stranger("visitor").open("/tai-khoan/dang-nhap/").shot("sign-in")
    buttons = visitor.page.locator("button[name=demonstration]")
    assert [button.get_attribute("value") for button in buttons.all()] == list(SIX)
    for who in SIX:
        somebody = town[who].reads("What waits for me").shot("home")
        assert somebody.page.locator(".kpi-account__name").inner_text() == NAMES[who]
