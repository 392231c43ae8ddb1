"""The running product, a real browser, and the people of a journey.

Everything is made once for each module: a module's own copy of the demonstration, its own server, its own browser.
The browser ends with the module because Playwright's event loop, while it runs, makes Django refuse every query of
this process (traps.md 27 has the other reason for a process and a database apart: nothing here ever flushes).
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.helpers import chromium
from tests.journeys import product as products
from tests.journeys.people import Camera, Town
from tests.journeys.product import Loaded, Product

expect.set_options(timeout=30_000)


BROKEN = pytest.StashKey[str]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed and item.parent is not None:
        item.parent.stash.setdefault(BROKEN, item.name)
    return report


@pytest.fixture
def story(request: pytest.FixtureRequest) -> None:
    """For chapters of one story: after one that failed, the later ones say so and have no failures of their own."""
    broken = request.node.parent.stash.get(BROKEN, "")
    assert not broken, f"The story ended in {broken}: read that one."


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    """The demonstration, loaded."""
    return products.loaded()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # No name but this machine's is ever resolved: a call to another host fails, and is seen.
        flags = [*chromium.FLAGS, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        launched = playwright.chromium.launch(executable_path=chromium.find(), args=flags)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def product(
    request: pytest.FixtureRequest, loaded: Loaded, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    """A module that sets `WHOLE = True` gets the background worker and the scheduler too, as `make run` starts them."""
    folder = tmp_path_factory.mktemp("product")
    with products.running(loaded, folder, whole=getattr(request.module, "WHOLE", False)) as running:
        yield running


@pytest.fixture(scope="module")
def everybody(request: pytest.FixtureRequest, browser: Browser, product: Product) -> Iterator[Town]:
    name = request.module.__name__.rpartition(".")[2].removeprefix("test_")
    town = Town(browser, product, Camera(name))
    yield town
    town.leave()


@pytest.fixture
def town(request: pytest.FixtureRequest, everybody: Town) -> Iterator[Town]:
    """The module's people; after each test nothing may have gone wrong on any of their pages."""
    yield everybody
    if request.node.parent.stash.get(BROKEN, "") == request.node.name:
        everybody.last_pictures()
    assert everybody.watch.settle() == []
