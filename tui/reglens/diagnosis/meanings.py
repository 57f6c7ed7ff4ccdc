"""The vocabulary of `Report.meaning`: what a line of a client, daemon or server can say, freed of its wording.

A meaning is what the *teller* says, not yet the cause. Each knows the finding codes it speaks for, the likeliest first,
and whether the line alone proves the first of them. A meaning without codes is context (what was wanted, that a login
succeeded).

The values that a report may carry, all text, all optional (`Report.values`):

=================  ==================================================================================================
``reference``      the image as the line names it (it may be malformed)
``action``         ``pull``, ``push``, ``delete``, ``login`` or ``list``
``host``           the host and port that the line speaks of
``repository``     the repository as the registry knows it, without host
``tag``, ``digest``  of the manifest or blob
``method``, ``url``, ``status``  of the request that the line tells of: enough for a partial exchange
``part``           which part of the flow the URL belongs to: ``registry``, ``token``, ``storage``, ``login``,
                   ``upstream``, ``proxy`` or ``helper``
``code``, ``message``, ``detail``  of a registry's error entry (distribution spec, "Error Codes")
``reason``         the innermost telling words, as written
``audience``, ``issuer``, ``kid``, ``algorithm``, ``subject``  of a token that was judged
``not_before``, ``not_after``, ``current``  of a token: seconds since 1970, or RFC 3339; ``late`` a duration (``25m6s``)
``service``, ``scope``, ``realm``, ``account``  of a challenge or token request
``actions``        comma-separated actions that are wanted, or that are missing
``permission``     the permission that is missing, in the words of its system; ``resource`` on what
``user``           the user, robot account or role
``helper``         the credential helper's program (``docker-credential-desktop``); ``output`` is what it said
``address``        ``ip:port`` that was dialled, or the caller's own address where it was refused
``names``          comma-separated names that a certificate is valid for
``secret``         the name of a Kubernetes secret
``platform``       ``os/arch[/variant]``
``media_type``     the type that was offered, wanted or missing
``limit``, ``retry_after``  of a rate limit
``position``       the 0-based octet at which something broken was met
``file``           the file that the line names
``level``          ``debug``, ``info``, ``warning`` or ``error``, as the line calls itself
``agent``          the user agent that an access log names
``region``         the cloud's region that a login was made for
=================  ==================================================================================================
"""

from __future__ import annotations

from enum import StrEnum

from reglens.diagnosis.senses import SENSES


class Meaning(StrEnum):
    """One thing that a line can say. The value is the word in `Report.meaning`."""

    # Who is asking -------------------------------------------------------------------------------------------------
    UNAUTHENTICATED = "unauthenticated"
    LOGIN_NEEDED = "login-needed"
    LOGIN_UNASKED = "login-unasked"
    AUTHORIZATION_NEEDED = "authorization-needed"
    CREDENTIALS_ABSENT = "credentials-absent"
    CREDENTIALS_FOUND = "credentials-found"
    CREDENTIALS_REFUSED = "credentials-refused"
    CREDENTIALS_SECOND_FACTOR = "credentials-second-factor"
    CREDENTIALS_EXPIRED = "credentials-expired"
    CREDENTIALS_REVOKED = "credentials-revoked"
    CREDENTIALS_BROKEN = "credentials-broken"
    LOGIN_THROTTLED = "login-throttled"
    CONFIG_BROKEN = "config-broken"
    CONFIG_UNREADABLE = "config-unreadable"
    CREDENTIALS_WITHHELD = "credentials-withheld"
    SECRET_MISSING = "secret-missing"
    HELPER_MISSING = "helper-missing"
    HELPER_FAILED = "helper-failed"
    CLOUD_IDENTITY_FAILED = "cloud-identity-failed"
    SCHEME_REFUSED = "scheme-refused"
    TOKEN_KIND_REFUSED = "token-kind-refused"
    LOGIN_PREPARED = "login-prepared"
    LOGIN_SUCCEEDED = "login-succeeded"

    # What may be done ----------------------------------------------------------------------------------------------
    DENIED = "denied"
    DENIED_OR_ABSENT = "denied-or-absent"
    PERMISSION_MISSING = "permission-missing"
    PERMISSION_OR_ABSENT = "permission-or-absent"
    CREDENTIAL_SCOPE_MISSING = "credential-scope-missing"
    POLICY_BLOCKED = "policy-blocked"
    TAG_IMMUTABLE = "tag-immutable"
    QUOTA_EXCEEDED = "quota-exceeded"
    READ_ONLY = "read-only"
    CLIENT_POLICY = "client-policy"
    PLAN_LIMIT = "plan-limit"
    NETWORK_REFUSED = "network-refused"

    # What a verifier says of a token -------------------------------------------------------------------------------
    TOKEN_ABSENT = "token-absent"
    TOKEN_AUDIENCE = "token-audience"
    TOKEN_ISSUER = "token-issuer"
    TOKEN_EXPIRED = "token-expired"
    TOKEN_NOT_YET_VALID = "token-not-yet-valid"
    TOKEN_KEY_UNTRUSTED = "token-key-untrusted"
    TOKEN_CHAIN_UNTRUSTED = "token-chain-untrusted"
    TOKEN_KEY_ABSENT = "token-key-absent"
    TOKEN_SIGNATURE = "token-signature"
    TOKEN_UNSIGNED = "token-unsigned"
    TOKEN_ALGORITHM = "token-algorithm"
    TOKEN_MALFORMED = "token-malformed"
    TOKEN_SCOPE = "token-scope"
    TOKEN_OTHER_REPOSITORY = "token-other-repository"
    TOKEN_REFUSED = "token-refused"
    CLOCK_DIFFERS = "clock-differs"

    # The token server ----------------------------------------------------------------------------------------------
    TOKEN_SERVER_REFUSED = "token-server-refused"
    TOKEN_SERVER_FAILED = "token-server-failed"
    TOKEN_ANSWER_INVALID = "token-answer-invalid"
    SERVICE_UNKNOWN = "service-unknown"
    SCOPE_INVALID = "scope-invalid"
    SCOPE_REFUSED = "scope-refused"
    TOKEN_REQUEST = "token-request"
    TOKEN_RECEIVED = "token-received"
    TOKEN_KEY_FILE = "token-key-file"

    # The challenge -------------------------------------------------------------------------------------------------
    CHALLENGE_MISSING = "challenge-missing"
    CHALLENGE_UNSUPPORTED = "challenge-unsupported"
    REALM_INVALID = "realm-invalid"

    # What is there -------------------------------------------------------------------------------------------------
    REFERENCE_INVALID = "reference-invalid"
    NAME_UPPER_CASE = "name-upper-case"
    SHORT_NAME = "short-name"
    REPOSITORY_UNKNOWN = "repository-unknown"
    PROJECT_UNKNOWN = "project-unknown"
    REGISTRY_UNKNOWN = "registry-unknown"
    MANIFEST_UNKNOWN = "manifest-unknown"
    BLOB_UNKNOWN = "blob-unknown"
    UPLOAD_LOST = "upload-lost"
    PLATFORM_UNKNOWN = "platform-unknown"
    NOT_FOUND = "not-found"
    ACCEPT_REFUSED = "accept-refused"
    MANIFEST_CONVERTED = "manifest-converted"
    MEDIA_TYPE_UNSUPPORTED = "media-type-unsupported"
    MANIFEST_INVALID = "manifest-invalid"
    DIGEST_DIFFERS = "digest-differs"
    ENDPOINT_UNSUPPORTED = "endpoint-unsupported"
    PATH_MISPLACED = "path-misplaced"
    LOCAL_IMAGE_MISSING = "local-image-missing"

    # The way -------------------------------------------------------------------------------------------------------
    NAME_NOT_RESOLVED = "name-not-resolved"
    CONNECTION_REFUSED = "connection-refused"
    CONNECTION_TIMEOUT = "connection-timeout"
    CONNECTION_LOST = "connection-lost"
    NETWORK_UNREACHABLE = "network-unreachable"
    ANSWER_TIMEOUT = "answer-timeout"
    ADDRESS_INVALID = "address-invalid"
    HTTP_ANSWER_TO_HTTPS = "http-answer-to-https"
    HTTP_REQUEST_TO_HTTPS = "http-request-to-https"
    TLS_AUTHORITY = "tls-authority"
    TLS_NAME = "tls-name"
    TLS_EXPIRED = "tls-expired"
    TLS_CLIENT_CERTIFICATE = "tls-client-certificate"
    TLS_FAILED = "tls-failed"
    PROXY_FAILED = "proxy-failed"
    BODY_TOO_LARGE = "body-too-large"
    PAGE_ANSWERED = "page-answered"
    REDIRECT_LOOP = "redirect-loop"
    STORAGE_REFUSED_AUTHORIZATION = "storage-refused-authorization"
    STORAGE_REFUSED = "storage-refused"
    RATE_LIMITED = "rate-limited"
    SERVER_FAILED = "server-failed"
    SERVER_CONFIG = "server-config"
    UPSTREAM_REFUSED = "upstream-refused"
    UPSTREAM_FAILED = "upstream-failed"
    HTTP_STATUS = "http-status"

    # Context -------------------------------------------------------------------------------------------------------
    WANTED = "wanted"
    EXCHANGED = "exchanged"
    TRYING = "trying"
    DEFAULT_TAG = "default-tag"
    FALLING_BACK = "falling-back"
    CACHE_MISS = "cache-miss"
    BACK_OFF = "back-off"

    @property
    def says(self) -> str:
        """One sentence: what the teller says."""
        return SENSES[self.value].says

    @property
    def codes(self) -> tuple[str, ...]:
        """Finding codes that it speaks for, the likeliest first."""
        return SENSES[self.value].codes

    @property
    def proves(self) -> bool:
        """Whether the line alone proves the first code."""
        return SENSES[self.value].proves


BY_WORD: dict[str, Meaning] = {meaning.value: meaning for meaning in Meaning}


def meaning(word: str) -> Meaning | None:
    """The meaning of that word, or None for a word that is none."""
    return BY_WORD.get(word)
