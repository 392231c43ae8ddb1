"""Which modules ask the institution of the permission matrix, so that one worker has them all and writes it once."""

from xdist.scheduler import LoadFileScheduling

ASKING = tuple(
    f"tests/access/test_{name}.py"
    for name in (
        "behind_the_wall", "clerk", "matrix", "routes", "threats_changing", "threats_reading", "wagtail_2026",
        "whole_matrix",
    )
)  # fmt: skip


class FilesTogether(LoadFileScheduling):
    """The tests of a file go to one worker, and so do the files that ask the institution."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "the institution" if file in ASKING else file
