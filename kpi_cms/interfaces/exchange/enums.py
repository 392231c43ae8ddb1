"""What can be imported."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportKind(models.TextChoices):
    PEOPLE = "people", _("People")
    CATALOGUE = "catalogue", _("Catalogue")
