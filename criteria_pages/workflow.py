"""What the end of an approval workflow does. Wagtail imports this while its own models load: no model may be imported
at the top of this file."""

from typing import Any


def finish_workflow(workflow_state: Any, user: Any = None) -> None:
    """The last approval issues the set: the same one domain function as the button "Ban hành"."""
    from criteria_pages.domain.publishing import finish_workflow as finish

    finish(workflow_state, user=user)
