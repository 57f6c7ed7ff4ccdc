"""What is said of tokens: by who verifies them, by who gives them, by the challenge that asks for them."""

from __future__ import annotations

from reglens.diagnosis.senses.model import Sense, sense

SENSES: dict[str, Sense] = {
    # What a verifier says of a token
    "token-absent": sense(
        "The registry got a request without a bearer token (normal for the first request of every flow).",
        "authorization-missing",
    ),
    "token-audience": sense("The token is meant for another audience.", "audience-mismatch", True),
    "token-issuer": sense("The token's issuer is not the trusted one.", "issuer-mismatch", True),
    "token-expired": sense("The token is past its life.", "token-expired", True),
    "token-not-yet-valid": sense(
        "The token's life has not begun by the verifier's clock.",
        "token-not-yet-valid clock-skew",
        True,
    ),
    "token-key-untrusted": sense(
        "The key that signed the token is not among the trusted ones.",
        "signature-untrusted",
        True,
    ),
    "token-chain-untrusted": sense(
        "The certificate chain in the token does not lead to the trusted bundle.",
        "signature-untrusted",
        True,
    ),
    "token-key-absent": sense(
        "The verifier cannot tell which key signed the token: no usable x5c, jwk or kid, or no key loaded.",
        "signature-untrusted",
        True,
    ),
    "token-signature": sense("The token's signature is wrong.", "signature-untrusted", True),
    "token-unsigned": sense(
        "The token carries no signature.",
        "token-malformed algorithm-unsupported signature-untrusted",
        True,
    ),
    "token-algorithm": sense("The token's signature algorithm is not accepted.", "algorithm-unsupported", True),
    "token-malformed": sense(
        "What was sent as a token is not one, or has claims of the wrong type.",
        "token-malformed token-wrong-kind",
        True,
    ),
    "token-scope": sense(
        "The token is valid and does not grant what was needed (insufficient scope).",
        "access-insufficient access-empty access-other-repository scope-missing",
    ),
    "token-other-repository": sense(
        "The token is valid and was made for another repository.",
        "access-other-repository scope-mismatch",
        True,
    ),
    "token-refused": sense(
        "The token was refused, for no stated reason (invalid_token).",
        "audience-mismatch issuer-mismatch signature-untrusted token-expired",
    ),
    "clock-differs": sense("Two clocks disagree too much.", "clock-skew", True),
    # The token server
    "token-server-refused": sense(
        "The token server refused to give a token (401, 403 or 400).",
        "credentials-rejected permission-denied credentials-missing",
    ),
    "token-server-failed": sense("The token server failed (5xx, 404).", "realm-unreachable", True),
    "token-answer-invalid": sense(
        "The token server's answer holds no token, or is no JSON.",
        "token-response-invalid",
        True,
    ),
    "service-unknown": sense(
        "The token server does not know the service that it was asked for.",
        "service-mismatch service-missing",
        True,
    ),
    "scope-invalid": sense("The scope of the token request cannot be read.", "scope-mismatch", True),
    "scope-refused": sense(
        "The token server's log: this scope was asked for and not, or not wholly, granted.",
        "access-empty access-insufficient permission-denied",
    ),
    "token-request": sense("A token was asked for with these parameters."),
    "token-received": sense("A token was received."),
    "token-key-file": sense(
        "The registry or token server cannot load its keys or certificates.",
        "signature-untrusted registry-error",
    ),
    # The challenge
    "challenge-missing": sense(
        "A refusal came without a challenge that the client can follow.",
        "challenge-missing",
        True,
    ),
    "challenge-unsupported": sense(
        "The challenge names a scheme that the client does not know.",
        "challenge-missing proxy-interference",
    ),
    "realm-invalid": sense(
        "The realm is no URL that the client may ask: missing, relative, malformed, plain http, a private address.",
        "realm-misconfigured",
        True,
    ),
}
