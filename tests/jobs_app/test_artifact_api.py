"""Artifacts over the API: found, described, downloaded whole or in ranges, by those who may."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts_app.models import Customer, User
from jobs_app import artifacts
from jobs_app.artifacts import STEP_RESULT
from jobs_app.models import Artifact, Job

Submit = Callable[..., Job]
SignIn = Callable[[User], Client]
DATA = bytes(range(256)) * 4
API = "/api/v1"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.ARTIFACT_ROOT = tmp_path


@pytest.fixture
def client(signed_in: SignIn, editor: User) -> Client:
    return signed_in(editor)


@pytest.fixture
def keep(customer: Customer) -> Callable[..., Artifact]:
    def do(data: bytes = DATA, **details: Any) -> Artifact:
        options = {"filename": "Bericht ä.bin", "media_type": "application/octet-stream", "entity_type": "report"}
        return artifacts.store_bytes(data, customer_id=customer.id, **{**options, **details})

    return do


@pytest.fixture
def url(keep: Callable[..., Artifact]) -> str:
    return f"{API}/artifacts/{keep().id}/file"


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_files_are_found_by_what_they_are_of(client: Client, keep: Any, submit: Submit) -> None:
    job, entity = submit("test.sum"), uuid.uuid4()
    keep(entity_id=entity), keep(b"1", entity_type="chart", tags=["a", "b"]), keep(b"2", job_id=job.id)
    keep(b"3", entity_type=STEP_RESULT)
    assert client.get(f"{API}/artifacts").json()["count"] == 3
    for query, count in [
        ("entity_type=chart", 1), (f"entity_id={entity}", 1), ("tag=b", 1), ("tag=c", 0), (f"job={job.id}", 1),
        ("entity_type=step_result", 0),
    ]:
        assert client.get(f"{API}/artifacts?{query}").json()["count"] == count, query
    assert client.get(f"{API}/artifacts?entity_id=nonsense").status_code == 422


def test_the_facts_of_a_file(client: Client, keep: Any) -> None:
    artifact = keep()
    facts = client.get(f"{API}/artifacts/{artifact.id}").json()
    assert (facts["size_bytes"], facts["sha256"]) == (1024, artifact.blob_id)
    assert facts["file_url"] == f"{API}/artifacts/{artifact.id}/file"


def test_a_download_is_whole_named_and_tagged(client: Client, url: str, keep: Any) -> None:
    response = client.get(url)
    assert (response.status_code, body_of(response)) == (200, DATA)
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''Bericht%20%C3%A4.bin"
    assert (response["Content-Length"], response["Accept-Ranges"]) == ("1024", "bytes")
    again = client.get(url, headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_head_says_the_same_without_the_bytes(client: Client, url: str) -> None:
    head = client.head(url)
    assert (head.status_code, head["Content-Length"], body_of(head)) == (200, "1024", b"")
    part = client.head(url, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part["Content-Range"]) == (206, "bytes 0-9/1024")


@pytest.mark.parametrize(
    ("asked", "expected", "shown"),
    [
        ("bytes=0-0", DATA[:1], "bytes 0-0/1024"),
        ("bytes=10-19", DATA[10:20], "bytes 10-19/1024"),
        ("bytes=1000-", DATA[1000:], "bytes 1000-1023/1024"),
        ("bytes=1000-99999", DATA[1000:], "bytes 1000-1023/1024"),
        ("bytes=-24", DATA[-24:], "bytes 1000-1023/1024"),
        ("bytes=-99999", DATA, "bytes 0-1023/1024"),
    ],
)
def test_one_range(client: Client, url: str, asked: str, expected: bytes, shown: str) -> None:
    response = client.get(url, headers={"Range": asked})
    assert (response.status_code, response["Content-Range"]) == (206, shown)
    assert body_of(response) == expected and response["Content-Length"] == str(len(expected))


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_beyond_the_end(client: Client, url: str, asked: str) -> None:
    response = client.get(url, headers={"Range": asked})
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */1024")
    assert response.json()["error"]["code"] == "range_not_satisfiable"


@pytest.mark.parametrize("asked", ["bytes=9-3", "bytes=0-1,5-6", "items=0-1", "bytes=-", "bytes=a-b", "bytes=1"])
def test_what_is_no_single_range_gives_the_whole(client: Client, url: str, asked: str) -> None:
    response = client.get(url, headers={"Range": asked})
    assert (response.status_code, body_of(response)) == (200, DATA)


def test_a_range_of_another_version_gives_the_whole(client: Client, url: str) -> None:
    tag = client.head(url)["ETag"]
    same = client.get(url, headers={"Range": "bytes=0-9", "If-Range": tag})
    other = client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (same.status_code, body_of(same)) == (206, DATA[:10])
    assert (other.status_code, body_of(other)) == (200, DATA)


def test_an_empty_file(client: Client, keep: Any) -> None:
    url = f"{API}/artifacts/{keep(b'').id}/file"
    assert body_of(client.get(url)) == b""
    assert client.get(url, headers={"Range": "bytes=0-"}).status_code == 416


def test_a_damaged_file_is_not_sent(client: Client, keep: Any) -> None:
    artifact = keep()
    artifacts.blob_path(artifact.blob_id).write_bytes(b"?" * 1024)
    response = client.get(f"{API}/artifacts/{artifact.id}/file")
    assert (response.status_code, response.json()["error"]["code"]) == (500, "artifact_missing")


def test_strangers_see_nothing(signed_in: SignIn, stranger: User, keep: Any) -> None:
    artifact, client = keep(), signed_in(stranger)
    assert client.get(f"{API}/artifacts").json()["count"] == 0
    for path in (f"artifacts/{artifact.id}", f"artifacts/{artifact.id}/file", f"artifacts/{uuid.uuid4()}"):
        assert client.get(f"{API}/{path}").json()["error"]["code"] == "not_found"
    assert Client().get(f"{API}/artifacts/{artifact.id}/file").status_code == 401


def test_what_steps_keep_for_themselves_is_shown_to_nobody(client: Client, keep: Any) -> None:
    artifact = keep(entity_type=STEP_RESULT)
    for path in ("", "/file"):
        assert client.get(f"{API}/artifacts/{artifact.id}{path}").status_code == 404


def test_a_manifest_names_the_files_of_a_job_and_its_children(
    client: Client, submit: Submit, keep: Any, signed_in: SignIn, stranger: User
) -> None:
    job, child, grandchild = submit("test.parent"), submit("test.sum"), submit("test.sum")
    Job.objects.filter(id=child.id).update(parent=job, parent_key="a", root=job)
    Job.objects.filter(id=grandchild.id).update(parent=child, parent_key="b", root=job)
    for number, owner in enumerate((job, child, grandchild)):
        keep(bytes([number]), job_id=owner.id)
    keep(b"memory", job_id=job.id, entity_type=STEP_RESULT)
    manifest = client.get(f"{API}/jobs/{job.id}/manifest").json()
    assert [file["size_bytes"] for file in manifest["files"]] == [1]
    (below,) = manifest["children"]
    assert (below["parent_key"], len(below["files"]), len(below["children"])) == ("a", 1, 1)
    partial = client.get(f"{API}/jobs/{child.id}/manifest").json()
    assert len(partial["children"][0]["files"]) == 1
    assert signed_in(stranger).get(f"{API}/jobs/{job.id}/manifest").status_code == 404


def test_lists_ask_a_fixed_number_of_times(client: Client, keep: Any, django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        keep(bytes([number]))
    with django_assert_max_num_queries(6):
        client.get(f"{API}/artifacts")
