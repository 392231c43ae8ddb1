"""The worker mails the heads: what becomes of a mail server that does not answer, with a database of the test's own."""

import socket

from django.core import mail
from django.core.management import call_command

from kpi_cms.foundation.audit import anchors, ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import Anchor
from kpi_cms.foundation.core.actor import as_actor, database_now
from kpi_cms.settings import base
from tests.factories.snippets import UserFactory

WORKER = ("db_worker", "--backend", "jobs", "--queue-name", "jobs", "--batch", "--no-startup-delay")


def anchored():
    user, moment = UserFactory(), database_now()
    with as_actor(user, moment):
        ledger.record(Act.UNIT_CHANGED, subject=user)
    return anchors.make_anchor(moment=moment, occasion="manual")


def test_a_server_that_hangs_or_refuses_holds_up_no_anchor_and_is_said(
    scratch_database, settings, tmp_path, client
):
    settings.TASKS = base.TASKS  # the worker's queue, as in an installation
    settings.LEDGER_ANCHOR_FOLDER = str(tmp_path / "anchors")
    settings.LEDGER_ANCHOR_MAILS = ["thanhtra@example.vn"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 0.2

    def told():
        return client.get("/suc-khoe/").json()["auditors_told"]

    assert told() is True
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call and never says a word
        settings.EMAIL_PORT = silent.getsockname()[1]
        made = anchored()
        assert (Anchor.objects.get(), (tmp_path / "anchors" / made.file_name).is_file()) == (made, True)
        assert (len(mail.outbox), told()) == (0, True)  # not tried yet
        call_command(*WORKER, verbosity=0)
    assert (len(mail.outbox), told()) == (0, False)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    anchored()
    call_command(*WORKER, verbosity=0)
    assert (len(mail.outbox), told()) == (1, True)
