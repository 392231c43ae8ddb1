"""What a request is read with: `request.scope`, and on PostgreSQL a transaction that knows who asks."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from kpi_cms.foundation.core.actor import asked_by
from kpi_cms.foundation.core.told import is_broken

from .scope import Scope


class ScopeMiddleware:
    """`request.scope`: read on first use, once for each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.scope = SimpleLazyObject(lambda: Scope.of(request.user))  # type: ignore[attr-defined]  # our own attribute
        return self.get_response(request)


class WallMiddleware:
    """Everything a signed-in account asks for runs in one transaction, in which row security knows the account.

    An answer that is streamed keeps it open until its last row left. Whatever was answered is kept: a verb that was
    refused took its own rows back already. Only a failure (5xx) acknowledges nothing, and is taken back whole. A file
    needs no rows: it is sent after the transaction. SQLite has no row security, and readers there would wait for one
    another.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if connection.vendor != "postgresql" or not request.user.is_authenticated:
            return self.get_response(request)
        alone = not connection.in_atomic_block  # the suite has a transaction of its own around each test
        with ExitStack() as held:
            held.enter_context(asked_by(request.user))
            response = self.get_response(request)
            if is_broken() or (alone and response.status_code >= 500):
                transaction.set_rollback(True)
            elif _streams_rows(response):
                answer: Any = response
                answer.streaming_content = _Streamed(iter(answer.streaming_content), held.pop_all())
        return response


def _streams_rows(response: HttpResponseBase) -> bool:
    return isinstance(response, StreamingHttpResponse) and not getattr(response, "file_to_stream", None)


class _Streamed:
    """The parts of an answer, and the transaction they are read in: it ends with them, or when nobody listens."""

    def __init__(self, parts: Iterator[bytes], held: ExitStack) -> None:
        self._parts = parts
        self._held: ExitStack | None = held

    def __iter__(self) -> "_Streamed":
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._parts)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Called at the end, and with the response, whether it was read to its end or not."""
        if self._held is not None:
            held, self._held = self._held, None
            if is_broken():
                transaction.set_rollback(True)
            held.close()
