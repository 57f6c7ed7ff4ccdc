"""The order of versions among tags."""

import random

import pytest

from reglens.oci.versions import is_version, newest_first, sort_by_version, version_key


@pytest.mark.parametrize(
    "descending",
    [
        # Semantic Versioning 2.0.0, section 11.4 (numeric identifiers there compare as numbers, as here)
        "1.0.0 1.0.0-rc.1 1.0.0-beta.11 1.0.0-beta.2 1.0.0-beta 1.0.0-alpha.beta 1.0.0-alpha.1 1.0.0-alpha",
        "3.20.1 3.20.1-slim 3.20.1-alpine 3.20.1-rc1 3.20 3.19 3.2 3",
        "v1.10.0 v1.9.0 v1.9.0-rc.10 v1.9.0-rc.9",
        "3.13.0 3.13.0rc2 3.13.0b4 3.13.0a1 3.12",
        "2024.10.1 2024.9.30",
        "1.27 20240329 20230101 edge latest stable",
        "18 18-alpine 9 007 buster",
        "1.10.0 1.10.0-alpine 1.10.0-rc.1 1.9",
        "1.2.1 1.2.0 1.2.0-rc.1-alpine",
        "2.1 2.0 2024-02-01 2024-01-15 20230101 nightly",
    ],
)
def test_newest_first(descending: str) -> None:
    expected = descending.split()
    shuffled = expected.copy()
    random.Random(7).shuffle(shuffled)
    assert sort_by_version(shuffled) == expected


def test_numbers_of_any_length() -> None:
    small, large = f"1.{'9' * 60}", f"1.1{'0' * 60}"
    assert sort_by_version([small, large]) == [large, small]


def test_keys_computed_before_give_the_same_order() -> None:
    tags = ["latest", "1.2", "1.10", "20240101"]
    assert newest_first(tags, [version_key(tag) for tag in tags]) == newest_first(tags) == [2, 1, 3, 0]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("1.2.3", True), ("v2", True), ("latest", False), ("20240101", False), ("7a1f2c3", False), ("", False)],
)
def test_is_version(tag: str, expected: bool) -> None:
    assert is_version(version_key(tag)) is expected
