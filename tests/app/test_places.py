"""What is typed in the search field, read as a place."""

import pytest

from reglens.app.places import meant_as_reference, on_registry, read_place, repository_place, says_where
from reglens.errors import ReferenceInvalid
from reglens.oci.reference import HUB, Reference


@pytest.mark.parametrize(
    ("text", "registry", "library", "expected"),
    [
        ("alpine:3", HUB, True, f"{HUB}/library/alpine:3"),
        ("alpine:3", "localhost:5000", False, "localhost:5000/alpine:3"),
        ("alpine:3", "127.0.0.1:4000", True, "127.0.0.1:4000/library/alpine:3"),
        ("library/alpine:3", "localhost:5000", False, "localhost:5000/library/alpine:3"),
        ("team/app", "localhost:5000", False, "localhost:5000/team/app:latest"),
        ("docker.io/alpine", "localhost:5000", False, f"{HUB}/library/alpine:latest"),
        ("ghcr.io/owner/image", "localhost:5000", False, "ghcr.io/owner/image:latest"),
    ],
)
def test_without_a_host_a_reference_is_where_one_looks(text: str, registry: str, library: bool, expected: str) -> None:
    reference = read_place(text, registry, library=library).reference
    assert str(reference) == expected


@pytest.mark.parametrize("text", ["ghcr.io", "localhost:5000", "myhost:5000/"])
def test_a_host_alone_is_a_registry(text: str) -> None:
    place = read_place(text, HUB, library=True)
    assert place.reference is None
    assert place.registry == text.rstrip("/")


def test_what_cannot_be_a_place_points_at_the_character() -> None:
    with pytest.raises(ReferenceInvalid) as failed:
        read_place("quay.io/Team/app", HUB, library=True)
    assert failed.value.position == len("quay.io/")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alpine", False),
        ("grafana/agent", False),
        ("two words", False),
        ("alpine:3", True),
        ("ghcr.io/a/b", True),
        ("quay.io", True),
        ("localhost/", True),
        ("broken/", False),
        (f"alpine@sha256:{'a' * 64}", True),
        ("docker.io/alpine", True),
    ],
)
def test_says_where(text: str, expected: bool) -> None:
    assert says_where(text) is expected


@pytest.mark.parametrize(("text", "expected"), [("alpine", False), ("a/b", True), ("a b/c", False), ("x:", True)])
def test_meant_as_reference(text: str, expected: bool) -> None:
    assert meant_as_reference(text) is expected


def test_a_kept_name_is_a_place() -> None:
    place = repository_place("localhost:5000/team/app")
    assert (place.registry, place.reference) == ("localhost:5000", Reference("localhost:5000", "team/app"))


def test_library_goes_only_where_it_was_not_written() -> None:
    bare, written = Reference.parse("alpine"), Reference.parse("library/alpine")
    assert on_registry(bare, "r.example", library=False).repository == "alpine"
    assert on_registry(written, "r.example", library=False).repository == "library/alpine"
    assert on_registry(bare, "r.example", library=True).repository == "library/alpine"
