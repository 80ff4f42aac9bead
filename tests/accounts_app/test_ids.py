import time

from accounts_app.ids import uuid7


def test_ids_are_version_7_and_rise() -> None:
    ids = [uuid7() for _ in range(2000)]
    assert ids == sorted(set(ids))
    assert {(id.version, id.variant) for id in ids} == {(7, "specified in RFC 4122")}


def test_an_id_carries_its_time() -> None:
    assert abs((uuid7().int >> 80) - time.time() * 1000) < 1000
