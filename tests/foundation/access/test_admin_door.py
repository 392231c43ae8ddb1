"""The Wagtail admin does not exist for anybody without an authoring role."""

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse
from wagtail.users.models import UserProfile

from snippets.enums import AUTHORING_CAPABILITIES, Capability
from snippets.models import Unit
from tests.factories.snippets import UnitFactory, UserFactory, holder

pytestmark = pytest.mark.django_db
ADDRESSES = ["/admin/", "/admin/pages/", "/admin/account/", "/admin/reports/site-history/", "/admin/nowhere/"]
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01"
    b"\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
OTHERS = [capability for capability in Capability if capability not in AUTHORING_CAPABILITIES]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_visitor_is_asked_to_sign_in(client, address):
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, f"/tai-khoan/dang-nhap/?next={address}")


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_is_missing_for_everybody_who_authors_nothing(client, address):
    client.force_login(holder(UnitFactory(), *OTHERS))
    response = client.get(address)
    assert response.status_code == 404
    assert "wagtail" not in response.content.decode().lower()


def test_it_is_missing_for_a_superuser_too(client):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    assert client.get("/admin/").status_code == 404


@pytest.mark.parametrize("capability", AUTHORING_CAPABILITIES)
def test_one_authoring_capability_anywhere_opens_it(client, capability):
    client.force_login(holder(UnitFactory(), capability))
    assert client.get("/admin/").status_code == 200


def test_a_deactivated_author_is_a_visitor(client):
    user = holder(UnitFactory(), Capability.AUTHOR)
    client.force_login(user)
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/admin/").status_code == 302


def test_settings_name_the_authoring_capabilities():
    assert sorted(settings.ADMIN_CAPABILITIES) == sorted(AUTHORING_CAPABILITIES)


def test_every_view_of_the_admin_is_guarded():
    def views(patterns):
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                yield from views(pattern.url_patterns)
            else:
                yield pattern

    [admin] = [part for part in get_resolver().url_patterns if str(part.pattern) == "admin/"]
    unguarded = [str(one.pattern) for one in views([admin]) if not is_guarded(one.callback)]
    assert unguarded == []


def is_guarded(view):
    """True when `authors_only` is among the view's wrappers (co_qualname is 3.11's name for where code stands)."""
    while view is not None:
        if getattr(getattr(view, "__code__", None), "co_qualname", "").startswith("authors_only."):
            return True
        view = getattr(view, "__wrapped__", None)
    return False


def test_the_scope_of_a_request_is_read_once_and_only_when_asked(client, django_assert_num_queries, rf):
    from kpi_cms.foundation.access.middleware import ScopeMiddleware

    request = rf.get("/")
    request.user = holder(UnitFactory(), "audit")
    ScopeMiddleware(lambda inner: None)(request)
    with django_assert_num_queries(1):
        assert request.scope.holds("audit")
        assert not request.scope.holds("view_cards")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_host_exports_no_list(client, form):
    client.force_login(holder(UnitFactory(), Capability.AUTHOR, Capability.MANAGE_UNITS))
    for address in ("/admin/reports/site-history/", Unit.snippet_viewset.list_url()):
        assert client.get(address).status_code == 200
        assert client.get(address, {"export": form}).status_code == 404


@pytest.mark.parametrize("kind", ["documents", "images"])
def test_the_hosts_document_and_image_endpoints_answer_nothing(client, kind):
    client.force_login(holder(UnitFactory(), Capability.AUTHOR))
    for address in (f"/admin/api/main/{kind}/", f"/admin/api/main/{kind}/1/"):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("key", ["x", "１", "-1", "9999999"])
def test_a_chooser_asked_for_nonsense_says_missing(client, key):
    client.force_login(holder(UnitFactory(), Capability.MANAGE_UNITS))
    address = reverse(Unit.snippet_viewset.chooser_viewset.get_url_name("chosen"), args=[key])
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", ["/admin/failwhale/", "/admin/test404/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_hosts_trials_of_its_error_pages_are_missing(client, address, method):
    client.force_login(holder(UnitFactory(), Capability.AUTHOR))
    assert getattr(client, method)(address).status_code == 404


def test_an_author_changes_language_and_look_and_uploads_no_picture(client):
    """The host keeps pictures of accounts without a limit, a list of kinds or a check: no file comes in that way."""
    user = holder(UnitFactory(), Capability.AUTHOR)
    client.force_login(user)
    picture = SimpleUploadedFile("a.gif", PIXEL, "image/gif")

    page = client.get("/admin/account/").content.decode()
    response = client.post(
        "/admin/account/",
        {
            "avatar-avatar": picture, "locale-preferred_language": "en", "theme-theme": "dark",
            "theme-contrast": "system", "theme-density": "default", "name_email-first_name": "Khác",
        },
    )  # fmt: skip

    assert ('type="file"' in page, "avatar-avatar" in page, "locale-preferred_language" in page) == (
        False,
        False,
        True,
    )
    assert (response.status_code, response["Location"]) == (302, "/admin/account/")
    profile = UserProfile.objects.get(user=user)
    assert (profile.preferred_language, profile.theme, profile.avatar.name) == ("en", "dark", "")
    assert type(user).objects.get(pk=user.pk).display_name == user.display_name


def test_nobody_is_signed_out_by_an_address(client):
    """A picture in a page could name it; the host's own view takes the cookie away whatever the method."""
    client.force_login(holder(UnitFactory(), *AUTHORING_CAPABILITIES))
    assert client.get("/admin/logout/").status_code == 405
    assert client.get("/admin/").status_code == 200
    assert client.post("/admin/logout/").status_code == 302
    assert client.get("/admin/").status_code == 302
