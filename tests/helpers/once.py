"""Worlds that a module of tests begins with, written once and taken back after its last test.

A fixture named `…_once` of scope "module" writes it, another one gives each test a copy, so that none meets another's
objects. Tests that take a world which this one begins with are asked before: tests/conftest.py goes by the name.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from tests.helpers.world import MOMENT, World


@contextmanager
def written_once(blocker: DjangoDbBlocker, make: Callable[[], World]) -> Iterator[World]:
    """A world that every test of a module begins with, written at its own moment."""
    with blocker.unblock(), transaction.atomic():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(timezone, "now", lambda: MOMENT)
            made = make()
        yield made
        transaction.set_rollback(True)
