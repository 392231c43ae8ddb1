"""Keep a copy of every typed text of a task, and the quantity of every part as its share of the product.

History rows that were written before keep no key: what stood in them left with its columns.
"""

import secrets
from typing import Any

from django.db import migrations
from django.db.models import F, Q

from kpi_cms.foundation.audit.canonical import text_key

BATCH = 2_000
KEYS = {"name": "name_key", "part_label": "part_key", "evidence_number": "evidence_key"}


def keep_texts(apps: Any, schema_editor: Any) -> None:
    task_model, text_model = apps.get_model("evaluation", "Task"), apps.get_model("audit", "ErasableText")
    typed_name = Q(product__isnull=True) | ~Q(name=F("product__duty"))
    found = task_model.objects.filter(typed_name | ~Q(part_label="") | ~Q(evidence_number=""))
    last = 0
    while batch := list(found.filter(pk__gt=last).select_related("product", "person").order_by("pk")[:BATCH]):
        texts = []
        for task in batch:
            for column, key in KEYS.items():
                text = getattr(task, column)
                if not text or (column == "name" and task.product is not None and text == task.product.duty):
                    continue
                salt, code = secrets.token_hex(16), task.person.staff_code
                kept = text_model(
                    key=text_key(salt, "comment", code, text),
                    kind="comment",
                    text=text,
                    salt=salt,
                    person_code=code,
                )
                setattr(task, key, kept.key)
                texts.append(kept)
        text_model.objects.bulk_create(texts)
        task_model.objects.bulk_update(batch, list(KEYS.values()), batch_size=500)
        last = batch[-1].pk


def share_as_quantity(apps: Any, schema_editor: Any) -> None:
    """A part that was changed to more than the whole product is none any more."""
    tasks = apps.get_model("evaluation", "Task").objects
    tasks.filter(group_key__isnull=False, assigned__gt=1).update(group_key=None)
    tasks.filter(group_key__isnull=True).exclude(share=1).update(share=1)
    tasks.filter(group_key__isnull=False).update(share=F("assigned"))


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0006_task_texts_beside_history")]

    operations = [
        migrations.RunPython(keep_texts, migrations.RunPython.noop),
        migrations.RunPython(share_as_quantity, migrations.RunPython.noop),
    ]
