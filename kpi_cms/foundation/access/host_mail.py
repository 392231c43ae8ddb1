"""The host would write to people by e-mail about approvals and comments. The product sends nobody anything: such a
letter names a set and quotes a comment outside of it, and one that cannot be sent would lose what was just saved."""

from typing import Any


def send_nothing(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Before the host's profile of an account is stored, with every one of its letters switched on."""
    instance.submitted_notifications = instance.approved_notifications = False
    instance.rejected_notifications = instance.updated_comments_notifications = False
