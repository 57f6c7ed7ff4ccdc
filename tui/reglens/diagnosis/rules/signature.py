"""Who signed the token, and how: algorithm, key, signature, issuer."""

from __future__ import annotations

from collections.abc import Iterator

from reglens.auth.token import Token, TokenKind
from reglens.diagnosis.comparison import signature_state, trusted_issuer
from reglens.diagnosis.finding import Finding, Fix, Proof
from reglens.diagnosis.products import HUB
from reglens.diagnosis.rules.build import likely, proven
from reglens.diagnosis.rules.form import is_stand_in
from reglens.diagnosis.scene import Scene
from reglens.secret import Secret

ACCEPTED = frozenset("ES256 ES384 ES512 EdDSA RS256 RS384 RS512 PS256 PS384 PS512".split())
"""Algorithms that distribution takes unless told otherwise (registry/auth/token/token.go, ``signingAlgorithms``)."""
LOOK = Fix(
    "Read the registry's log at the second of the refusal, and compare its auth.token.issuer, rootcertbundle and jwks "
    "with "
    "what the token server signs with.",
    (
        "docker logs <registry container> 2>&1 | grep -E 'untrusted|verify|malformed|token'",
        "grep -A8 'auth:' /etc/docker/registry/config.yml",
    ),
)


def refused_token(scene: Scene) -> Token | None:
    """The token that was really refused by a registry, if it can be read as a JWT."""
    if scene.refusal is None or scene.refusal.status not in (401, 403, None) or scene.token is None:
        return None
    sent = scene.authorization
    if sent is not None and sent.scheme.lower() != "bearer":
        return None
    if sent is None and scene.error != "invalid_token":
        return None
    return scene.token if scene.token.kind is TokenKind.JWT else None


def algorithm(scene: Scene) -> Iterator[Finding]:
    """``alg`` against what registries accept."""
    token = refused_token(scene)
    if token is None or token.header is None or scene.error == "insufficient_scope":
        return
    name = token.algorithm
    if name in ACCEPTED:
        return
    why = {
        None: "The header names no algorithm.",
        "none": "The token is not signed at all (alg none), so anybody could have written it.",
    }.get(name, f"{name} is not among the algorithms that registries take.")
    if name is not None and name.startswith("HS"):
        why = (
            f"{name} is a shared-secret algorithm: whoever can check such a token can also make one, so registries "
            "take "
            "none. They hold a public key or certificate."
        )
    yield proven(
        "algorithm-unsupported",
        "The token's signature algorithm is not accepted",
        f"{why} distribution takes {', '.join(sorted(ACCEPTED))}.",
        [scene.token_proof("alg", name)],
        Fix(
            "Let the token server sign with ES256 or RS256 and give the registry the certificate (rootcertbundle) or "
            "the "
            "public key (jwks)."
        ),
    )


def signature(scene: Scene) -> Iterator[Finding]:
    """The signature against the key that the token itself brings; then what can only be guessed from the answer."""
    token = refused_token(scene)
    if token is None or token.header is None or token.partial or token.algorithm not in ACCEPTED:
        return
    if scene.error == "insufficient_scope" or not token.has_signature:
        return
    if any(p.startswith("claim ") for p in token.problems) or _damaged(token):
        return
    # against the keys that are given, if there are any, `by_given_keys` checks it
    state, detail = signature_state(token) if scene.evidence.keys is None else ("", "")
    if state == "invalid":
        yield proven(
            "signature-untrusted",
            "The signature does not fit the token",
            "Checked against the key that the token itself brings, the signature is wrong: the token was changed after "
            f"signing, cut, or signed with another key than the one it names. {_sentence(detail)}".strip(),
            [scene.token_proof("signature", f"invalid ({detail or 'checked against the token key'})")],
            Fix(
                "Fetch a fresh token and use it unchanged; if that fails too, the token server's key and its "
                "certificate do "
                "not belong together: compare their public keys.",
                (
                    "openssl x509 -in token.crt -noout -pubkey | sha256sum",
                    "openssl pkey -in token.key -pubout | sha256sum",
                ),
            ),
        )
        return
    if not any(name in token.header for name in ("x5c", "jwk", "kid")):
        yield proven(
            "signature-untrusted",
            "The token does not say which key signed it",
            "Its header has none of x5c, jwk and kid, so the registry cannot find the key to check it with.",
            [scene.token_proof("header", ", ".join(sorted(token.header)))],
            Fix(
                "Let the token server write kid (or x5c) into the header; the registry needs that key in "
                "rootcertbundle or "
                "jwks."
            ),
        )
        return
    yield from _certificates(scene, token)


def by_given_keys(scene: Scene) -> Iterator[Finding]:
    """The signature against the keys that the person says the registry trusts: no guess is left then."""
    token, keys = scene.token, scene.evidence.keys
    if token is None or keys is None or token.kind is not TokenKind.JWT or scene.error == "insufficient_scope":
        return
    state, detail = signature_state(token, keys)
    if state not in ("invalid", "untrusted") or _damaged(token):
        return
    proof = [scene.token_proof("signature", detail), Proof("the file of keys", keys.source)]
    # A registry that answers otherwise than by 401 has let the token in.
    sure = proven if scene.refusal is None or scene.refusal.status in (401, None) else likely
    if scene.ok:
        yield likely(
            "signature-untrusted",
            "The registry accepts a key that the file does not hold",
            f"{_capital(detail)}. The registry accepted the token all the same, so {keys.source} does not hold its "
            "keys, or not all of them.",
            proof,
            Fix("Take the file from the registry's own configuration: its rootcertbundle or jwks."),
        )
    elif state == "untrusted":
        yield sure(
            "signature-untrusted",
            "The token is signed by a key that is not among those given",
            f"{_capital(detail)}. A registry that trusts the keys of {keys.source} and no others refuses every such "
            "token with invalid_token.",
            proof,
            Fix(
                "Give the registry the key that the token server signs with (rootcertbundle or jwks), or let the token "
                "server sign with one that it has.",
                LOOK.commands,
            ),
        )
    else:
        yield sure(
            "signature-untrusted",
            "The signature does not fit the token",
            f"Checked against {keys.source}, the signature is wrong: {detail}. The token was changed after signing, "
            "cut, or signed with another key than the one it names.",
            proof,
            Fix("Fetch a fresh token and use it unchanged; if that fails too, compare the keys.", LOOK.commands),
        )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _certificates(scene: Scene, token: Token) -> Iterator[Finding]:
    if "x5c" not in (token.header or {}) or scene.moment is None or scene.error != "invalid_token":
        return
    from reglens.auth.keys import chain

    for certificate in chain(token):
        if not certificate.valid_at(scene.moment):
            if scene.product is HUB:
                return  # its certificates are renewed rarely and checked against its own roots
            yield likely(
                "signature-untrusted",
                "The signing certificate is out of date",
                f"The certificate {certificate.subject!r} in x5c was valid from {certificate.not_before:%Y-%m-%d} to "
                f"{certificate.not_after:%Y-%m-%d}, and the refusal came outside that time.",
                [scene.token_proof("x5c", f"{certificate.subject}, until {certificate.not_after:%Y-%m-%d}")],
                Fix("Renew the token server's certificate and give the registry the new one (rootcertbundle)."),
            )
            return


def _sentence(text: str) -> str:
    return f"({text})" if text else ""


def _damaged(token: Token) -> bool:
    text = token.raw.reveal()
    return "…" in text or "..." in text or text.count(".") != 2 or is_stand_in(text.rpartition(".")[2])


def issuer(scene: Scene) -> Iterator[Finding]:
    """``iss`` against the registry's configuration, where that is in the evidence."""
    token = scene.token
    trusted, where = trusted_issuer(scene)
    if scene.ok or trusted is None or token is None or token.claims is None or token.issuer == trusted:
        return
    if token.partial and "iss" not in token.claims:
        return
    yield proven(
        "issuer-mismatch",
        "The token is of another issuer than the registry trusts",
        f"The registry trusts the issuer {trusted!r} ({where}); the token's claim iss is {token.issuer!r}. They "
        "must be "
        "the same, letter for letter: no slash or port may differ.",
        [Proof(f"{where}, issuer", trusted), scene.token_proof("iss", token.issuer)],
        Fix(
            "Give the token server and the registry the same issuer.", (f"auth:\n  token:\n    issuer: {token.issuer}",)
        ),
    )


def trusted_key(scene: Scene) -> Iterator[Finding]:
    """The key of the refused token against that of one which the registry accepted."""
    token, good = refused_token(scene), scene.trusted_token
    if token is None or good is None or scene.error == "insufficient_scope" or token.issuer != good.issuer:
        return
    mine, theirs = _key_of(token), _key_of(good)
    if mine == theirs or token.audience != good.audience:
        return
    yield proven(
        "signature-untrusted",
        "The token is signed with another key than those that the registry accepts",
        "A token of the same issuer that the registry accepted names another key. So this one's key is not among "
        "those that "
        "the registry trusts: it was rotated, or one of several token servers has a key of its own.",
        [scene.token_proof("key", mine), Proof("a token that the registry accepted, key", theirs)],
        LOOK,
    )


def _key_of(token: Token) -> str:
    """What tells a token's key apart: its kid, or the certificate or key in its header, as a fingerprint."""
    header = token.header or {}
    if token.key_id:
        return f"kid {token.key_id}"
    carried = header.get("x5c") or header.get("jwk")
    return f"key {Secret(str(carried)).fingerprint}" if carried else "no key named"


RULES = (algorithm, signature, by_given_keys, trusted_key, issuer)
