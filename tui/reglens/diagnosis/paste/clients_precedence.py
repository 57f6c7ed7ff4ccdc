"""Which of several things that one statement says is worth reporting."""

from __future__ import annotations

from reglens.diagnosis.meanings import Meaning

CONTEXT = frozenset(
    {
        Meaning.WANTED,
        Meaning.TRYING,
        Meaning.DEFAULT_TAG,
        Meaning.FALLING_BACK,
        Meaning.BACK_OFF,
        Meaning.CACHE_MISS,
        Meaning.TOKEN_REQUEST,
        Meaning.TOKEN_RECEIVED,
        Meaning.CREDENTIALS_FOUND,
        Meaning.LOGIN_SUCCEEDED,
        Meaning.LOGIN_PREPARED,
        Meaning.EXCHANGED,
    }
)
"""Meanings that set the scene; they neither hide others nor are hidden."""
BESIDE = frozenset({Meaning.CREDENTIALS_ABSENT})
"""Meanings that stand beside a refusal and do not take the place of its code or status."""
VAGUE = frozenset({Meaning.TOKEN_REFUSED, Meaning.SERVER_FAILED, Meaning.MEDIA_TYPE_UNSUPPORTED, Meaning.TLS_FAILED})
NETWORK = frozenset(
    {
        Meaning.NAME_NOT_RESOLVED,
        Meaning.CONNECTION_REFUSED,
        Meaning.CONNECTION_TIMEOUT,
        Meaning.CONNECTION_LOST,
        Meaning.NETWORK_UNREACHABLE,
        Meaning.ANSWER_TIMEOUT,
        Meaning.ADDRESS_INVALID,
    }
)
ATTEMPTS = NETWORK | {
    Meaning.HTTP_ANSWER_TO_HTTPS,
    Meaning.HTTP_REQUEST_TO_HTTPS,
    Meaning.TLS_AUTHORITY,
    Meaning.TLS_NAME,
    Meaning.TLS_FAILED,
}
"""What a debug line tells of one attempt among several: clients try HTTPS before HTTP, mirrors before the origin. What
they end with, they say at a higher level."""
HIDES: dict[Meaning, frozenset[Meaning]] = {
    Meaning.HELPER_MISSING: frozenset({Meaning.HELPER_FAILED, Meaning.CREDENTIALS_ABSENT, Meaning.LOGIN_NEEDED}),
    Meaning.HELPER_FAILED: frozenset({Meaning.CREDENTIALS_REFUSED, Meaning.ADDRESS_INVALID}),
    Meaning.CREDENTIALS_ABSENT: frozenset({Meaning.HELPER_FAILED, Meaning.CREDENTIALS_REFUSED}),
    Meaning.TLS_NAME: frozenset({Meaning.TLS_AUTHORITY, Meaning.TLS_FAILED}),
    Meaning.TLS_EXPIRED: frozenset({Meaning.TLS_AUTHORITY, Meaning.TLS_FAILED}),
    Meaning.TLS_AUTHORITY: frozenset({Meaning.TLS_FAILED, Meaning.TOKEN_SIGNATURE}),
    Meaning.CONNECTION_REFUSED: frozenset({Meaning.CONNECTION_TIMEOUT}),
    Meaning.NAME_NOT_RESOLVED: frozenset({Meaning.CONNECTION_TIMEOUT, Meaning.CONNECTION_REFUSED}),
    Meaning.ANSWER_TIMEOUT: frozenset({Meaning.CONNECTION_TIMEOUT, Meaning.PAGE_ANSWERED}),
    Meaning.NAME_UPPER_CASE: frozenset({Meaning.REFERENCE_INVALID}),
    Meaning.CREDENTIAL_SCOPE_MISSING: frozenset({Meaning.PERMISSION_MISSING}),
    Meaning.NETWORK_REFUSED: frozenset({Meaning.PERMISSION_MISSING}),
    Meaning.CREDENTIALS_EXPIRED: frozenset({Meaning.TOKEN_EXPIRED, Meaning.CREDENTIALS_REFUSED}),
    Meaning.CREDENTIALS_SECOND_FACTOR: frozenset({Meaning.CREDENTIALS_REFUSED}),
    Meaning.CREDENTIALS_REVOKED: frozenset({Meaning.CREDENTIALS_REFUSED}),
    Meaning.LOGIN_THROTTLED: frozenset({Meaning.RATE_LIMITED}),
    Meaning.ACCEPT_REFUSED: frozenset({Meaning.MANIFEST_UNKNOWN, Meaning.MEDIA_TYPE_UNSUPPORTED}),
    Meaning.TOKEN_NOT_YET_VALID: frozenset({Meaning.TOKEN_ANSWER_INVALID, Meaning.TOKEN_EXPIRED}),
    Meaning.TOKEN_ALGORITHM: frozenset({Meaning.TOKEN_SIGNATURE}),
    Meaning.UPSTREAM_REFUSED: frozenset(
        {Meaning.UPSTREAM_FAILED, Meaning.TOKEN_SERVER_REFUSED, Meaning.CREDENTIALS_REFUSED}
    ),
    Meaning.UPSTREAM_FAILED: frozenset({Meaning.PERMISSION_MISSING, Meaning.DENIED}),
    Meaning.PROJECT_UNKNOWN: frozenset({Meaning.REPOSITORY_UNKNOWN}),
    Meaning.REPOSITORY_UNKNOWN: frozenset({Meaning.MANIFEST_UNKNOWN}),
    Meaning.PLATFORM_UNKNOWN: frozenset({Meaning.MANIFEST_UNKNOWN}),
    Meaning.SERVER_CONFIG: frozenset({Meaning.CREDENTIALS_REFUSED}),
    Meaning.CACHE_MISS: frozenset({Meaning.BLOB_UNKNOWN, Meaning.MANIFEST_UNKNOWN}),
    Meaning.UPLOAD_LOST: frozenset({Meaning.BLOB_UNKNOWN}),
    Meaning.DENIED_OR_ABSENT: frozenset({Meaning.REPOSITORY_UNKNOWN}),
    Meaning.PERMISSION_OR_ABSENT: frozenset({Meaning.PERMISSION_MISSING, Meaning.REPOSITORY_UNKNOWN}),
    Meaning.AUTHORIZATION_NEEDED: frozenset({Meaning.LOGIN_NEEDED}),
    Meaning.STORAGE_REFUSED_AUTHORIZATION: frozenset({Meaning.STORAGE_REFUSED}),
    Meaning.HTTP_ANSWER_TO_HTTPS: frozenset({Meaning.TLS_FAILED}),
    Meaning.RATE_LIMITED: frozenset({Meaning.PAGE_ANSWERED}),
    Meaning.BODY_TOO_LARGE: frozenset({Meaning.PAGE_ANSWERED}),
    Meaning.SERVER_FAILED: frozenset({Meaning.PAGE_ANSWERED}),
    Meaning.PROXY_FAILED: NETWORK
    | {
        Meaning.PAGE_ANSWERED,
        Meaning.SERVER_FAILED,
        Meaning.ENDPOINT_UNSUPPORTED,
        Meaning.HTTP_ANSWER_TO_HTTPS,
        Meaning.TLS_FAILED,
    },
    Meaning.REFERENCE_INVALID: frozenset({Meaning.ADDRESS_INVALID}),
    Meaning.TOKEN_KEY_FILE: frozenset({Meaning.SERVER_CONFIG}),
}
"""Meanings that say the same as others more exactly: what each makes superfluous in the same statement."""
