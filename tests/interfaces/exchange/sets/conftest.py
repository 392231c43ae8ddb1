import pytest
from django.utils import translation

from kpi_cms.interfaces.exchange.workbooks import reader
from tests.interfaces.exchange.workbooks.inprocess import read_here


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def in_process(monkeypatch):
    """Read without starting a process for each workbook."""
    monkeypatch.setattr(reader, "_read_in_child", read_here)
