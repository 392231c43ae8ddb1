"""An upload is cut off while it streams in, at every door."""

import pytest
from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

LIMIT = 20 * 1024**2


def posted(**fields):
    return RequestFactory().post("/", {"first": "Một", **fields, "last": "Hai"})


def file_of(size):
    return SimpleUploadedFile("a.pdf", b"\0" * size)


@pytest.mark.parametrize("size", [1, 3 * 1024**2, LIMIT])
def test_up_to_the_limit_everything_arrives(size):
    request = posted(file=file_of(size))
    file = request.FILES["file"]
    assert (file.size, len(file.read())) == (size, size)
    request.close()


def test_what_comes_after_the_limit_is_dropped_and_what_was_typed_arrives():
    request = posted(file=file_of(LIMIT + 5 * 1024**2))
    file = request.FILES["file"]
    assert LIMIT < file.size <= LIMIT + 64 * 1024
    assert (request.POST["first"], request.POST["last"]) == ("Một", "Hai")
    assert file.temporary_file_path()
    request.close()


def test_a_request_carries_one_file():
    with pytest.raises(TooManyFilesSent):
        _ = posted(file=file_of(1), another=file_of(1)).FILES
