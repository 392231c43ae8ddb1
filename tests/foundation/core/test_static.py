"""Static files carry their hash in the name; a file of an application that is left out keeps its plain one."""

import pytest
from django.core.files.base import ContentFile

from kpi_cms.foundation.core.static import StaticFilesStorage


@pytest.fixture
def storage(tmp_path):
    return StaticFilesStorage(location=tmp_path, base_url="/static/")


def test_a_file_gets_its_hash(storage):
    storage._save("workspace/site.css", ContentFile(b"body {}"))
    assert storage.hashed_name("workspace/site.css").startswith("workspace/site.")
    assert storage.hashed_name("workspace/site.css") != "workspace/site.css"


def test_a_picture_of_the_image_editor_that_is_not_installed_keeps_its_name(storage):
    assert storage.hashed_name("wagtailimages/images/x.png") == "wagtailimages/images/x.png"


def test_any_other_missing_file_is_an_error(storage):
    with pytest.raises(ValueError, match="could not be found"):
        storage.hashed_name("workspace/missing.css")
