"""Sealing before a print is done by the application's role, behind the second wall."""

import pytest
from django.test import Client
from django.urls import reverse

from kpi_cms.foundation.audit import sealing, verification
from kpi_cms.foundation.audit.models import SealWaiting
from snippets.enums import Role
from tests.factories.snippets import in_role
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.roles import acting_as_the_application, require_roles

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def test_whoever_prints_or_verifies_seals_and_reads_what_they_do_not_see(client: Client) -> None:
    require_roles()
    world = worlds.build()
    worlds.open_month(world)
    month.submitted(world, world.lan)
    auditor = in_role(world.agency, Role.AUDITOR)
    with acting_as_the_application():
        client.force_login(world.lan.user)
        assert client.post(reverse("reporting:form01", args=[world.card(world.lan).pk])).status_code == 200
        client.force_login(auditor)
        assert client.get(reverse("workspace:ledger_unit", args=[world.department.code])).status_code == 200
        month.submitted(world, world.minh)
        assert sealing.seal_waiting() > 0
        assert not SealWaiting.objects.exists()
        assert verification.run(records=False).holds
