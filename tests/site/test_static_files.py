import gzip
import warnings

from django.contrib.staticfiles import finders
from django.core.files.storage import storages

from kerne_site import static_files


def collect_into(settings, folder) -> bool:
    settings.STATIC_ROOT = folder
    settings.STATIC_HASHED = True
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "kerne_site.static_files.HashedGzipStorage"}
    }
    with warnings.catch_warnings():
        return static_files.collect_if_changed()


def test_plotly_is_found_and_nothing_else_of_its_folder():
    assert finders.find("plotly/plotly.min.js")
    assert not finders.find("plotly/widgetbundle.js")
    assert not finders.find("plotly/datasets/iris.csv.gz")


def test_files_are_hashed_and_compressed_once(settings, tmp_path):
    assert collect_into(settings, tmp_path) is True
    assert collect_into(settings, tmp_path) is False

    address = storages["staticfiles"].url("plotly/plotly.min.js")
    assert address.startswith("/static/plotly/plotly.min.")
    assert len(address) > len("/static/plotly/plotly.min.js")
    compressed = tmp_path / (address.removeprefix("/static/") + ".gz")
    with gzip.open(compressed) as file:
        assert b"plotly.js v" in file.read(200)


def test_a_file_is_served_whole_to_any_request(client):
    response = client.get("/static/plotly/plotly.min.js")

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/javascript")
    assert len(response.content) > 1_000_000
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_part_of_a_file_is_served_when_asked_for(client):
    response = client.get("/static/plotly/plotly.min.js", headers={"Range": "bytes=0-9"})

    assert response.status_code == 206
    assert len(response.content) == 10


def test_a_head_request_gets_no_content(client):
    response = client.head("/static/plotly/plotly.min.js")

    assert response.status_code == 200
    assert response.content == b""
