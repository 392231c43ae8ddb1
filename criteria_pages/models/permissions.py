"""What Wagtail's page admin may offer to whom. Deciding is `domain.publishing`'s; this only closes the host's doors.

Permissions of an author come from the authors' group on the index page (migration 0002), which holds add and
change, nothing else; membership follows the capabilities held (`snippets.domain.projection`). Nobody publishes,
withdraws, moves or sorts a criteria set by Wagtail's own means, whoever they are: a superuser keeps the system
running and is no exception.
"""

from typing import Any

from wagtail.models import PagePermissionTester


class _NoPublishing(PagePermissionTester):
    """Nobody holds Wagtail's plain publish permission, nor anything that follows from it."""

    def can_publish(self) -> bool:
        return False

    def can_publish_subpage(self) -> bool:
        return False

    def can_unpublish(self) -> bool:
        return False

    def can_reorder_children(self) -> bool:
        return False

    def can_move(self) -> bool:
        return False

    def can_move_to(self, destination: Any) -> bool:
        return False

    def can_view_revisions(self) -> bool:
        return self.can_edit()


class CriteriaIndexPermissions(_NoPublishing):
    """The folder itself is never edited, copied or deleted; sets are added to it."""

    def can_edit(self) -> bool:
        return False

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        return False

    def can_lock(self) -> bool:
        return False

    def can_unlock(self) -> bool:
        return False


class CriteriaSetPermissions(_NoPublishing):
    """Whether a set is pinned by a period is answered with a sentence (`wagtail_hooks`, `domain.guards`)."""

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        if not self.user.is_active:
            return False
        return bool(self.user.is_superuser or "change" in self.permissions)
