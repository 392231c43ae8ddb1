"""No address changes anything when it is only read: every one of ours, as each of the six people (and as a visitor)."""

import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.evaluation.models import Scorecard, Task
from kpi_cms.foundation.accounts.demonstration import ACCOUNTS
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.models import Job
from snippets.models import Period, Person, Unit
from tests.helpers.demonstration import demonstration_db

__all__ = ["demonstration_db"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demonstration_db")]

WRITES = re.compile(r'^\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|REPLACE\s+INTO)\s+"?([a-z_]+)', re.IGNORECASE)
# What a reader leaves behind: the session's last minute, and that they read.
READING = {"django_session", "audit_accesslogentry"}
# Address → tables it may write when it is read, and why.
ALSO: dict[str, tuple[set[str], str]] = {
    "in/phieu/<int:pk>/mau-01/": ({"audit_ledgerentry"}, "a printed form is an act of the ledger"),
}


def addresses():
    """Every pattern outside the host's admin, as one text with its parameters."""

    def walk(patterns, prefix):
        for pattern in patterns:
            address = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, address)
            else:
                yield address

    return [address for address in walk(get_resolver().url_patterns, "") if not address.startswith("admin/")]


ADDRESSES = addresses()


def values(address, user):
    """A record for each parameter, the reader's own where there is one. An unknown parameter is a failure."""
    person = Person.objects.filter(user=user).first() or Person.objects.order_by("pk").first()
    cards = Scorecard.objects.order_by("pk")
    tasks = Task.objects.order_by("pk")
    first = address.lstrip("^").split("/")[0]
    task = tasks.filter(person=person).first() or tasks.first()
    card = cards.filter(person=person).first() or cards.first()
    version = CriteriaVersion.objects.first()
    job = getattr(Job.objects.first(), "pk", uuid.UUID(int=335))
    return {
        "pk": {"nhiem-vu": task.pk, "ky": Period.objects.first().pk, "viec-nen": job}.get(first, card.pk),
        "code": (person.unit if person.unit_id else Unit.objects.first()).code,
        "period": card.period_id,
        "person": person.pk,
        "stage": "self",
        "kind": "fault",
        "username": user.username,
        "key": uuid.UUID(int=335),
        "criterion": next(each.key for each in card.version.compiled().criteria if each.entered),
        "deduction": 1,
        "set_code": version.set_code,
        "number": version.number,
        "group": "ready",
        "act": "confirm",
        "page_id": CriteriaSetPage.objects.first().pk,
    }


def filled(address, user):
    known = values(address, user)
    address = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(known[match.group(1)]), address)
    return "/" + address.replace("^", "").replace("$", "")


def read(client, address):
    """The status, and the tables written while reading."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(address)
        if response.streaming:
            b"".join(response.streaming_content)
    written = {match.group(1) for query in queries if (match := WRITES.match(query["sql"]))}
    return response.status_code, written - READING


@pytest.mark.parametrize("username", [account.username for account in ACCOUNTS])
def test_reading_changes_nothing(username):
    user = User.objects.get(username=username)
    client = Client(raise_request_exception=True)
    client.force_login(user)
    client.get("/tai-khoan/mat-khau/")
    found, shown = [], 0
    for address in ADDRESSES:
        status, written = read(client, filled(address, user))
        allowed, _reason = ALSO.get(address, (set(), ""))
        if written - allowed or status not in {200, 302, 403, 404, 405, 409}:
            found.append((address, status, sorted(written)))
        shown += status == 200
    assert found == []
    assert shown > 3


def test_a_visitor_reads_nothing_but_the_doors():
    open_to_all = {
        "suc-khoe/",
        "tai-khoan/dang-nhap/",
        "cac-thanh-phan/",
    }  # the last is in tests and while debugging only
    user = User.objects.get(username="can-bo")
    found = []
    for address in ADDRESSES:
        status, written = read(Client(), filled(address, user))
        if (status == 200) is not (address in open_to_all) or written:
            found.append((address, status, sorted(written)))
    assert found == []


def test_every_exception_is_an_address_and_has_its_reason():
    assert set(ALSO) <= set(ADDRESSES)
    assert all(len(reason) > 20 for _tables, reason in ALSO.values())
