"""Uploads are cut off at their limit while they stream in: no door ever holds more, in memory or on disk."""

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class LimitedUploadHandler(FileUploadHandler):
    """Stands first of FILE_UPLOAD_HANDLERS and drops what comes after the limit.

    A file that was cut is larger than the limit by at most a chunk, so each door refuses it with its own sentence, and
    what was typed beside it arrives.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= settings.UPLOAD_LIMIT_BYTES else None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None
