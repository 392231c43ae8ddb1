"""The address of a client, with and without proxies of our own, and with whatever a client writes itself."""

import pytest
from axes.helpers import get_client_ip_address

from kpi_cms.foundation.core.addresses import client_address

PROXY, CLIENT, MADE_UP = "127.0.0.1", "203.0.113.9", "198.51.100.7"


@pytest.mark.parametrize(
    ("proxies", "header", "expected"),
    [
        (0, "", PROXY),
        (0, MADE_UP, PROXY),
        (0, f"{MADE_UP}, {CLIENT}", PROXY),
        (1, CLIENT, CLIENT),
        (1, f"{MADE_UP}, {CLIENT}", CLIENT),
        (1, f"{MADE_UP},{MADE_UP} , {CLIENT} ", CLIENT),
        (1, "", PROXY),
        (1, "không phải địa chỉ", PROXY),
        (1, f"{CLIENT}:443", PROXY),
        (2, f"{MADE_UP}, {CLIENT}, 10.0.0.1", CLIENT),
        (2, CLIENT, PROXY),
        (1, "2001:db8::9", "2001:db8::9"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(rf, settings, proxies, header, expected):
    settings.PROXY_COUNT = proxies
    request = rf.get("/", REMOTE_ADDR=PROXY, headers={"x-forwarded-for": header})

    assert client_address(request) == expected
    assert get_client_ip_address(request) == expected  # the lockout counts by the same address


def test_a_socket_without_an_address_has_none(rf):
    assert client_address(rf.get("/", REMOTE_ADDR="")) is None
