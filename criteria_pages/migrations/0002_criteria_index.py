"""The folder of criteria sets, their approval, the group of their authors, and an end to Wagtail's welcome page and
default groups.

Wagtail installs a welcome page with a site, and two groups that may publish anything. Nothing here is served by
Wagtail and nobody holds its plain publish permission, so both go before anybody is put into them.
"""

from typing import Any

from django.conf import settings
from django.db import migrations

# snippets.domain.projection keeps its members: those who hold a capability to write or issue criteria sets.
AUTHORS = "Soạn bộ tiêu chí"
TITLE = "Bộ tiêu chí"
SLUG = "bo-tieu-chi"
APPROVAL = "Phê duyệt bộ tiêu chí"


def create(apps: Any, schema_editor: Any) -> None:
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    Locale = apps.get_model("wagtailcore", "Locale")
    Page = apps.get_model("wagtailcore", "Page")
    Site = apps.get_model("wagtailcore", "Site")
    Workflow = apps.get_model("wagtailcore", "Workflow")
    Task = apps.get_model("wagtailcore", "Task")
    GroupPagePermission = apps.get_model("wagtailcore", "GroupPagePermission")
    WorkflowTask = apps.get_model("wagtailcore", "WorkflowTask")
    WorkflowPage = apps.get_model("wagtailcore", "WorkflowPage")
    ApprovalTask = apps.get_model("criteria_pages", "ApprovalTask")
    CriteriaIndexPage = apps.get_model("criteria_pages", "CriteriaIndexPage")

    page_type, _created = ContentType.objects.get_or_create(app_label="wagtailcore", model="page")
    index_type, _created = ContentType.objects.get_or_create(
        app_label="criteria_pages", model="criteriaindexpage"
    )
    task_type, _created = ContentType.objects.get_or_create(app_label="criteria_pages", model="approvaltask")

    Site.objects.all().delete()
    Workflow.objects.filter(name="Moderators approval").delete()
    Task.objects.filter(name="Moderators approval").delete()
    Group.objects.filter(name__in=["Moderators", "Editors"]).delete()
    root = Page.objects.get(depth=1)
    Page.objects.filter(path__startswith=root.path, depth__gt=1, content_type=page_type).delete()

    locale, _created = Locale.objects.get_or_create(language_code=settings.LANGUAGE_CODE)
    index = CriteriaIndexPage(
        title=TITLE,
        draft_title=TITLE,
        slug=SLUG,
        path=root.path + "0001",
        depth=2,
        numchild=0,
        url_path=f"/{SLUG}/",
        live=True,
        has_unpublished_changes=False,
        content_type=index_type,
        locale=locale,
    )
    index.save()
    root.numchild = 1
    root.save(update_fields=["numchild"])

    workflow = Workflow.objects.create(name=APPROVAL)
    task = ApprovalTask.objects.create(name=APPROVAL, content_type=task_type)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowPage.objects.create(workflow=workflow, page_id=index.pk)

    group, _created = Group.objects.get_or_create(name=AUTHORS)
    group.permissions.add(
        Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin")
    )
    for codename, name in (("add_page", "Can add page"), ("change_page", "Can change page")):
        permission, _created = Permission.objects.get_or_create(
            content_type=page_type, codename=codename, defaults={"name": name}
        )
        GroupPagePermission.objects.get_or_create(group=group, page_id=index.pk, permission=permission)


def remove(apps: Any, schema_editor: Any) -> None:
    """Takes the group, the approval and an empty folder away; refuses nothing that a person made (a folder with sets
    stays)."""
    apps.get_model("auth", "Group").objects.filter(name=AUTHORS).delete()
    apps.get_model("wagtailcore", "Workflow").objects.filter(name=APPROVAL).delete()
    apps.get_model("criteria_pages", "ApprovalTask").objects.all().delete()
    Page = apps.get_model("wagtailcore", "Page")
    if apps.get_model("criteria_pages", "CriteriaIndexPage").objects.filter(numchild=0).delete()[0]:
        Page.objects.filter(depth=1).update(numchild=0)


class Migration(migrations.Migration):
    dependencies = [
        ("criteria_pages", "0001_initial"),
        ("wagtailcore", "0097_baselogentry_uuid_action_timestamp_indexes"),
        ("wagtailadmin", "0001_create_admin_access_permissions"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(create, remove)]
