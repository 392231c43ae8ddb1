"""The Wagtail admin does not exist for anybody without an authoring role."""

import pytest
from django.conf import settings
from django.urls import get_resolver, reverse

from snippets.enums import AUTHORING_CAPABILITIES, Capability
from snippets.models import Unit
from tests.factories.snippets import UnitFactory, UserFactory, holder

pytestmark = pytest.mark.django_db
ADDRESSES = ["/admin/", "/admin/pages/", "/admin/account/", "/admin/reports/site-history/", "/admin/nowhere/"]
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
