"""The files that came with the project and stand beside its repository, not in it."""

from pathlib import Path

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def shared_file(name: str) -> Path:
    """A file of ../shared/data; tests that call it carry the marker `shared_data`."""
    path = SHARED / name
    assert path.is_file(), f"Mark this test with shared_data: {path} is not there."
    return path
