"""``--keys``: signatures checked against the keys that the person says the registry trusts."""

from __future__ import annotations

import json
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from reglens.demo.server import DemoRegistry
from support.token_server import Signer

from .conftest import Run

CLAIMS = {
    "iss": "auth.test",
    "aud": "registry.test",
    "access": [{"type": "repository", "name": "a/b", "actions": ["pull"]}],
}


def jwks(path: Path, key: ec.EllipticCurvePrivateKey, kid: str) -> str:
    entry = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid}
    path.write_text(json.dumps({"keys": [entry]}))
    return str(path)


def transcript(token: str, error: str = ',error="invalid_token"') -> bytes:
    """A token that was refused, as curl -v shows it."""
    return (
        f"> GET /v2/a/b/manifests/latest HTTP/1.1\n> Host: registry.test\n> Authorization: Bearer {token}\n>\n"
        "< HTTP/1.1 401 Unauthorized\n< Date: Sun, 01 Mar 2026 12:00:00 GMT\n"
        '< Docker-Distribution-Api-Version: registry/2.0\n< Www-Authenticate: Bearer realm="https://auth.test/token",'
        f'service="registry.test",scope="repository:a/b:pull"{error}\n<\n'
    ).encode()


def key_row(document: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return next(row for row in document["comparison"] if row["row"] == "key")


def codes(document: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {finding["code"]: finding["severity"] for finding in document["findings"]}


@pytest.fixture
def signer() -> Signer:
    return Signer()


def token_by(signer: Signer, header: dict[str, object] | None = None) -> str:
    return signer.sign({**CLAIMS, "exp": 1772366700, "nbf": 1772366100, "iat": 1772366100}, header)


def test_a_refused_token_by_a_stranger_is_proven_to_be_that(run: Run, tmp_path: Path, signer: Signer) -> None:
    pem = tmp_path / "bundle.pem"
    pem.write_bytes(Signer("another").pem)
    pasted = transcript(token_by(signer))
    guessed = run("explain", "--json", stdin=pasted).document
    assert codes(guessed)["signature-untrusted"] == "warning"
    assert key_row(guessed)["verdict"] == "unknown"
    ran = run("explain", "--json", "--keys", str(pem), stdin=pasted)
    assert ran.code == 1
    assert codes(ran.document) == {"signature-untrusted": "error"}
    row = key_row(ran.document)
    assert (row["verdict"], row["asked"]) == ("disagree", f"a key of {pem}")


def test_a_refused_token_by_the_right_key_leaves_the_issuer(run: Run, tmp_path: Path, signer: Signer) -> None:
    path = jwks(tmp_path / "keys.json", signer.key, "K1")
    document = run("explain", "--json", "--keys", path, stdin=transcript(token_by(signer, {"kid": "K1"}))).document
    assert codes(document) == {"issuer-mismatch": "warning"}
    assert path in document["findings"][0]["explanation"]
    assert key_row(document)["verdict"] == "agree"


def test_a_token_that_was_changed_is_told_by_the_key_that_it_names(run: Run, tmp_path: Path, signer: Signer) -> None:
    path = jwks(tmp_path / "keys.json", signer.key, "K1")
    head, claims, signature = token_by(signer, {"kid": "K1"}).split(".")
    other = token_by(Signer(), {"kid": "K1"}).split(".")[2]
    document = run("explain", "--json", "--keys", path, stdin=transcript(f"{head}.{claims}.{other}")).document
    assert codes(document) == {"signature-untrusted": "error"}
    assert key_row(document)["verdict"] == "disagree"
    document = run("explain", "--json", "--keys", path, stdin=transcript(f"{head}.{claims}.{signature}")).document
    assert key_row(document)["verdict"] == "agree"


def test_a_token_alone_is_checked_too(run: Run, tmp_path: Path, signer: Signer) -> None:
    path = jwks(tmp_path / "keys.json", signer.key, "K1")
    stranger = run("explain", "--json", "--keys", path, stdin=token_by(Signer(), {"kid": "K2"}).encode())
    assert codes(stranger.document)["signature-untrusted"] == "error"
    assert "K2" in key_row(stranger.document)["note"]
    fits = run("explain", "--json", "--keys", path, stdin=token_by(signer, {"kid": "K1"}).encode())
    assert "signature-untrusted" not in codes(fits.document)
    assert key_row(fits.document)["verdict"] == "agree"


def test_the_demos_tokens_are_valid_by_their_own_authority_and_no_other(
    run: Run, demo: DemoRegistry, tmp_path: Path
) -> None:
    name = f"{demo.registry}/library/alpine"
    bare = run("token", "--json", name).document
    root = tmp_path / "root.pem"
    root.write_text(f"-----BEGIN CERTIFICATE-----\n{bare['token']['header']['x5c'][-1]}\n-----END CERTIFICATE-----\n")
    own = run("token", "--json", "--keys", str(root), name).document
    assert (bare["token"]["signature"], own["token"]["signature"]) == ("valid", "valid")
    assert key_row({"comparison": own["comparison"]})["asked"] == f"a key of {root}"
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(Signer().pem)
    told = run("token", "--json", "--keys", str(stranger), name).document["token"]["signature"]
    assert told == f"signed by a key that is not among those of {stranger}"
    assert "signature  untrusted: it is signed by a key" in run("token", "--keys", str(stranger), name).out
    assert "signature  not checked: --keys FILE" in run("token", name).out
    checked = run("check", "--json", "--keys", str(stranger), name)
    assert codes(checked.document) == {"signature-untrusted": "warning"}
    assert "accepted it all the same" in key_row(checked.document)["note"]
    assert run("check", "--json", "--keys", str(root), name).document["findings"] == []


@pytest.mark.parametrize("command", [("token", "a/b"), ("check", "a/b"), ("explain", "-")])
def test_what_is_no_file_of_keys_is_wrong_usage(run: Run, tmp_path: Path, command: tuple[str, str]) -> None:
    (tmp_path / "empty").write_text("{}")
    for name, words in (
        ("https://registry.test/jwks", "--keys: https://registry.test/jwks is no file"),
        (str(tmp_path / "none"), "No such file"),
        (str(tmp_path / "empty"), "holds no public key"),
        (str(tmp_path), "directory"),
    ):
        ran = run(command[0], "--keys", name, command[1], stdin=b"x")
        assert (ran.code, ran.out) == (2, "")
        assert words in ran.err
        assert ran.err.count("\n") == 1
