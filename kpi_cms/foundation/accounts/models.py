"""The account. Deactivated, never deleted: history and ledger point at it by id."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> "User":
        """A bare account; `accounts.domain` is the door that also records who made it."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(username, password, is_superuser=True, is_staff=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """One person's account; change it through `accounts.domain`.

    `display_name` is a convenience for the header of a page: the register of people is the truth.
    """

    username = models.CharField(
        _("account name"),
        max_length=60,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        help_text=_("As a rule the staff code."),
        error_messages={"unique": _("An account with this name exists already.")},
    )
    display_name = models.CharField(_("name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(
        _("operator"), default=False, help_text=_("Keeps the system running; reads no card.")
    )
    must_change_password = models.BooleanField(
        _("must change the password at the next sign-in"), default=False
    )
    password_changed_at = models.DateTimeField(_("password changed at"), null=True, blank=True)
    deactivated_at = models.DateTimeField(_("deactivated at"), null=True, blank=True)
    date_joined = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return self.display_name or self.username

    def get_short_name(self) -> str:
        return self.display_name.rsplit(" ", 1)[-1] if self.display_name else self.username

    @property
    def first_name(self) -> str:
        """Wagtail's profile panels ask for it."""
        return self.get_short_name()

    @property
    def last_name(self) -> str:
        return ""
