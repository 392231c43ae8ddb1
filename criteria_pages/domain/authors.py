"""How a capability opens the page editor.

The authors' group holds add and change on the folder of criteria sets. Nobody is put into it: a member stored in
a group would outlive a grant that has an end. Instead each request of somebody who holds the capability *now* gets
the group's permissions, through the cache that Wagtail's own policy reads.
"""

from typing import Any

from wagtail.models import GroupPagePermission
from wagtail.permissions import page_permission_policy

from kpi_cms.foundation.access.scope import Scope

from .. import rules

GROUP = "Authors of criteria sets"


def lend_permissions(user: Any, scope: Scope) -> None:
    """Set what Wagtail's page policy will find for this account during this request; nothing for non-authors."""
    held: list[GroupPagePermission] = []
    if rules.write(scope):
        rows = GroupPagePermission.objects.filter(group__name=GROUP)
        held = list(rows.select_related("page", "permission"))
    setattr(user, page_permission_policy.permission_cache_name, held)
