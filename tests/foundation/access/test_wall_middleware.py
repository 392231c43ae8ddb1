"""The transaction of a request: what opens it, what ends it, and what becomes of it."""

from contextlib import contextmanager

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection as real_connection
from django.http import FileResponse, HttpResponse, StreamingHttpResponse

from kpi_cms.foundation.access import middleware
from kpi_cms.foundation.access.middleware import WallMiddleware
from kpi_cms.foundation.accounts.models import User


class Connection:
    def __init__(self, vendor="postgresql", *, inside=False):
        self.vendor, self.in_atomic_block = vendor, inside


class Log(list):
    broken = False


@pytest.fixture(autouse=True)
def _old_connections_stay(monkeypatch):
    """The end of an answer would close them; the suite's has to stay."""
    monkeypatch.setattr("django.http.response.signals.request_finished.send", lambda **values: None)


@pytest.fixture
def log(monkeypatch):
    """What happens to the transaction, in order."""
    happened = Log()

    @contextmanager
    def asked_by(reader):
        happened.append(f"begun for {reader.pk}")
        try:
            yield
        finally:
            happened.append("ended")

    monkeypatch.setattr(middleware, "asked_by", asked_by)
    monkeypatch.setattr(middleware, "connection", Connection())
    monkeypatch.setattr(middleware, "is_broken", lambda: happened.broken)
    monkeypatch.setattr(middleware.transaction, "set_rollback", lambda value: happened.append("taken back"))
    return happened


@pytest.fixture
def ask(rf, log):
    def asked(answer, *, user=None):
        request = rf.get("/")
        request.user = user or User(pk=7)

        def view(request):
            log.append("answered")
            return answer

        return WallMiddleware(view)(request)

    return asked


def test_a_page_is_answered_inside_the_transaction_of_its_account(ask, log):
    assert ask(HttpResponse("page")).content == b"page"
    assert log == ["begun for 7", "answered", "ended"]


def test_a_visitor_has_no_transaction(ask, log):
    ask(HttpResponse("page"), user=AnonymousUser())
    assert log == ["answered"]


def test_sqlite_has_no_transaction_around_a_request(ask, log, monkeypatch):
    monkeypatch.setattr(middleware, "connection", Connection("sqlite"))
    ask(HttpResponse("page"))
    assert log == ["answered"]


@pytest.mark.parametrize("status", [302, 403, 404, 409, 422])
def test_what_was_answered_is_kept(ask, log, status):
    ask(HttpResponse(status=status))
    assert "taken back" not in log


def test_a_failure_acknowledges_nothing(ask, log, monkeypatch):
    ask(HttpResponse(status=500))
    assert log == ["begun for 7", "answered", "taken back", "ended"]
    log.clear()
    monkeypatch.setattr(middleware, "connection", Connection(inside=True))
    ask(HttpResponse(status=500))
    assert "taken back" not in log, "a transaction of somebody else's is left to them"


def test_a_broken_transaction_is_taken_back_whatever_was_answered(ask, log):
    log.broken = True
    ask(HttpResponse("page"))
    assert log == ["begun for 7", "answered", "taken back", "ended"]


def rows(log):
    for number in (1, 2):
        log.append(f"row {number}")
        yield str(number)


def test_a_streamed_answer_keeps_the_transaction_until_its_last_row(ask, log):
    answer = ask(StreamingHttpResponse(rows(log)))
    assert log == ["begun for 7", "answered"]
    assert b"".join(answer) == b"12"
    answer.close()
    assert log == ["begun for 7", "answered", "row 1", "row 2", "ended"]


def test_a_stream_that_nobody_reads_to_the_end_ends_with_its_answer(ask, log):
    answer = ask(StreamingHttpResponse(rows(log)))
    assert next(iter(answer)) == b"1"
    answer.close()
    assert log == ["begun for 7", "answered", "row 1", "ended"]


def test_a_stream_that_fails_ends_its_transaction(ask, log):
    def failing():
        yield "1"
        log.broken = True
        raise ValueError("lost")

    answer = ask(StreamingHttpResponse(failing()))
    with pytest.raises(ValueError, match="lost"):
        list(answer)
    assert log == ["begun for 7", "answered", "taken back", "ended"]


def test_a_file_is_sent_after_the_transaction(ask, log, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"file")
    answer = ask(FileResponse(path.open("rb")))
    assert log == ["begun for 7", "answered", "ended"]
    assert b"".join(answer) == b"file"
    answer.close()


@pytest.mark.postgresql
def test_the_settings_of_a_request_do_not_outlive_it(scratch_database, rf):
    """On one connection, as a pooler would hand it on: the next transaction knows nobody."""
    seen = []

    def who(request):
        with real_connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('kpi.actor', true)")
            seen.append(cursor.fetchone()[0])
        return HttpResponse("page")

    request = rf.get("/")
    request.user = User.objects.create(username="mot")
    WallMiddleware(who)(request)
    assert seen == [str(request.user.pk)]
    assert not real_connection.in_atomic_block
    who(request)
    assert seen[1] in (None, "")


@pytest.mark.postgresql
def test_what_a_failed_request_wrote_is_gone_and_what_a_refused_one_wrote_is_kept(scratch_database, rf):
    def writes(status):
        def view(request):
            User.objects.create(username=f"made-{status}")
            return HttpResponse(status=status)

        return view

    request = rf.get("/")
    request.user = User.objects.create(username="mot")
    WallMiddleware(writes(500))(request)
    WallMiddleware(writes(409))(request)
    assert set(User.objects.values_list("username", flat=True)) == {"mot", "made-409"}


@pytest.mark.postgresql
def test_a_streamed_answer_reads_its_rows_as_the_account_that_asked(scratch_database, rf):
    def streamed(request):
        def parts():
            with real_connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('kpi.actor', true)")
                yield cursor.fetchone()[0]

        return StreamingHttpResponse(parts())

    request = rf.get("/")
    request.user = User.objects.create(username="mot")
    answer = WallMiddleware(streamed)(request)
    assert real_connection.in_atomic_block
    assert b"".join(answer) == str(request.user.pk).encode()
    answer.close()
    assert not real_connection.in_atomic_block
