"""Static files with their hash in the name, although the host's stylesheet names files that are not installed."""

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Wagtail's admin stylesheet refers to a picture of its image editor, which is not part of this product.
ABSENT = ("wagtailimages/",)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """As whitenoise's, but a file of an application that is left out keeps its plain name."""

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        if name.startswith(ABSENT) and not self.exists(name):
            return name
        hashed: str = super().hashed_name(name, content, filename)
        return hashed
