"""References: the grammar, Docker's normalisation, and messages that point at the character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reglens.errors import ReferenceInvalid
from reglens.oci.reference import HUB, Place, Reference, is_loopback, split_port

SHA = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("alpine", f"{HUB}/library/alpine:latest"),
        ("alpine:3.20", f"{HUB}/library/alpine:3.20"),
        ("library/alpine", f"{HUB}/library/alpine:latest"),
        ("docker.io/alpine", f"{HUB}/library/alpine:latest"),
        ("index.docker.io/grafana/grafana", f"{HUB}/grafana/grafana:latest"),
        ("registry-1.docker.io/library/alpine", f"{HUB}/library/alpine:latest"),
        ("ghcr.io/owner/image", "ghcr.io/owner/image:latest"),
        ("GHCR.io/owner/image", "ghcr.io/owner/image:latest"),
        ("localhost/x", "localhost/x:latest"),
        ("localhost:5000/x:y", "localhost:5000/x:y"),
        ("host:5000/x", "host:5000/x:latest"),
        ("[::1]:5000/a/b", "[::1]:5000/a/b:latest"),
        ("[2001:db8::1]/a", "[2001:db8::1]/a:latest"),
        ("127.0.0.1/a", "127.0.0.1/a:latest"),
        (f"alpine@{SHA}", f"{HUB}/library/alpine@{SHA}"),
        (f"alpine:3.20@{SHA}", f"{HUB}/library/alpine:3.20@{SHA}"),
        ("a/b@sha512:" + "0f" * 64, f"{HUB}/a/b@sha512:" + "0f" * 64),
        ("a/b@blake3+b64:Zm9v_-=", f"{HUB}/a/b@blake3+b64:Zm9v_-="),
        ("a__b/c.d-e--f", f"{HUB}/a__b/c.d-e--f:latest"),
        ("x:_Under.Score-1", f"{HUB}/library/x:_Under.Score-1"),
        ("  alpine  ", f"{HUB}/library/alpine:latest"),
        ("foo:5000", f"{HUB}/library/foo:5000"),
    ],
)
def test_a_reference_is_normalised_as_docker_does(typed: str, full: str) -> None:
    reference = Reference.parse(typed)
    assert str(reference) == full
    assert reference.typed == typed


@pytest.mark.parametrize(
    ("typed", "position", "words"),
    [
        ("", 0, "empty"),
        ("Alpine", 0, "lower case"),
        ("ghcr.io/Owner/x", 8, "lower case"),
        ("a//b", 2, "nothing between"),
        ("a/b:", 4, "tag is missing"),
        ("a:b:c", 3, "':' cannot stand"),
        ("a:-x", 2, "'-' cannot stand"),
        ("a:" + "t" * 129, 130, "at most 128"),
        ("a@", 2, "digest is missing"),
        ("a@sha256:abc", 9, "64 lower-case hex"),
        ("a@sha256:" + "AB" * 32, 9, "64 lower-case hex"),
        ("https://ghcr.io/x", 0, "no scheme"),
        ("-a", 0, "'-' must stand between"),
        ("a.", 1, "'.' must stand between"),
        ("a___b", 1, "'_' must stand between"),
        ("a b", 1, "' ' cannot stand"),
        ("host.name:99999/x", 10, "between 1 and 65535"),
        ("host.name:/x", 10, "port is missing"),
        ("host.name:5x/x", 11, "digits only"),
        ("[::1/x", 4, "not closed"),
        ("[::g]/x", 1, "no IPv6"),
        ("ho..st/x", 3, "no empty parts"),
        ("ho_st.io/x", 2, "'_' cannot stand"),
        ("ghcr.io:5000", 12, "host alone"),
        ("localhost:5000/", 15, "repository is missing"),
        ("ab" * 32, 0, "image id"),
        ("r" * 256, 255, "at most 255"),
        ("h" * 254 + ".io/x", 253, "at most 253"),
        ("ünix", 0, "'ü' cannot stand"),
    ],
)
def test_an_invalid_reference_points_at_the_character(typed: str, position: int, words: str) -> None:
    with pytest.raises(ReferenceInvalid) as caught:
        Reference.parse(typed)
    assert (caught.value.position, words in caught.value.message) == (position, True), caught.value.message


def test_a_name_in_upper_case_is_given_back_as_it_should_be() -> None:
    with pytest.raises(ReferenceInvalid) as caught:
        Reference.parse("ghcr.io/Owner/App:V1")
    assert "ghcr.io/owner/app:V1" in caught.value.hint


@pytest.mark.parametrize(
    ("typed", "registry", "repository"),
    [
        ("ghcr.io", "ghcr.io", None),
        ("docker.io", HUB, None),
        ("localhost:5000", "localhost:5000", None),
        ("localhost", "localhost", None),
        ("myhost:5000/", "myhost:5000", None),
        ("[::1]:5000", "[::1]:5000", None),
        ("127.0.0.1:5000", "127.0.0.1:5000", None),
        ("alpine", HUB, "library/alpine"),
        ("myhost:5000", HUB, "library/myhost"),
        ("ghcr.io/a/b", "ghcr.io", "a/b"),
    ],
)
def test_a_place_is_a_host_alone_or_a_reference(typed: str, registry: str, repository: str | None) -> None:
    place = Place.parse(typed)
    assert place.registry == registry
    assert (place.reference.repository if place.reference else None) == repository


@pytest.mark.parametrize(
    ("typed", "familiar", "pullable"),
    [
        ("docker.io/library/alpine", "alpine", "docker.io/library/alpine"),
        ("grafana/grafana:11", "grafana/grafana:11", "docker.io/grafana/grafana:11"),
        ("quay.io/a/b:c", "quay.io/a/b:c", "quay.io/a/b:c"),
        ("docker.io/foo.bar/x", "docker.io/foo.bar/x", "docker.io/foo.bar/x"),
    ],
)
def test_names_are_given_back_as_people_write_them(typed: str, familiar: str, pullable: str) -> None:
    reference = Reference.parse(typed)
    assert (reference.familiar, reference.pullable) == (familiar, pullable)
    again = Reference.parse(reference.familiar)
    assert (again.registry, again.repository) == (reference.registry, reference.repository)


def test_loopback_hosts_are_recognised_and_others_not() -> None:
    assert all(map(is_loopback, ("localhost", "localhost:5", "a.localhost", "127.9.9.9:1", "[::1]:5000")))
    assert not any(map(is_loopback, ("localhost.example.com", "10.0.0.1", "ghcr.io", "[2001:db8::1]:5")))


def test_a_port_is_told_from_an_address() -> None:
    assert split_port("[::1]:5000") == ("[::1]", 5000)
    assert split_port("[::1]") == ("[::1]", None)
    assert split_port("ghcr.io") == ("ghcr.io", None)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_at_a_position_within_it(text: str) -> None:
    for parse in (Reference.parse, Place.parse):
        position = 0
        try:
            parse(text)
        except ReferenceInvalid as error:
            position = error.position
        assert 0 <= position <= len(text)


HOSTS = st.sampled_from(["", "localhost/", "ghcr.io/", "docker.io/", "host:5000/", "[::1]:1/", "10.0.0.1/"])
COMPONENTS = st.from_regex(r"[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}", fullmatch=True)
TAGS = st.from_regex(r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,20})?", fullmatch=True)


@given(HOSTS, st.lists(COMPONENTS, min_size=1, max_size=4), TAGS)
def test_what_fits_the_grammar_is_read_and_reads_again_the_same(host: str, path: list[str], tag: str) -> None:
    if not host and len(path) > 1 and "." in path[0]:
        path[0] = "owner"  # by Docker's rule it would be a host
    reference = Reference.parse(host + "/".join(path) + tag)
    assert reference.repository.removeprefix("library/") == "/".join(path).removeprefix("library/")
    assert reference.tag == (tag[1:] or None)
    assert str(Reference.parse(str(reference))) == str(reference)
