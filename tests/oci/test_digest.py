"""Digests."""

from __future__ import annotations

import hashlib

import pytest

from reglens.oci.digest import Digest


def test_a_digest_matches_the_bytes_it_was_made_of_and_no_others() -> None:
    for algorithm in ("sha256", "sha384", "sha512"):
        digest = Digest.parse(f"{algorithm}:{hashlib.new(algorithm, b'x').hexdigest()}")
        assert digest.computable
        assert digest.matches(b"x")
        assert not digest.matches(b"y")


@pytest.mark.parametrize(
    "text", ["", "sha256", "sha256:", "sha256:zz", "SHA256:" + "a" * 64, "sha256:" + "A" * 64, "a b:c"]
)
def test_what_breaks_the_grammar_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        Digest.parse(text)


def test_an_unregistered_algorithm_is_carried_but_cannot_be_computed() -> None:
    digest = Digest.parse("blake3+b64:Zm9v")
    assert str(digest) == "blake3+b64:Zm9v"
    assert not digest.computable
    with pytest.raises(ValueError, match="cannot be computed"):
        digest.matches(b"x")
