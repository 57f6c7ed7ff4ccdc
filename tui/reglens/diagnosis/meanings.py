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


class Meaning(StrEnum):
    """One thing that a line can say. The value is the word in `Report.meaning`."""

    says: str
    """One sentence: what the teller says."""
    codes: tuple[str, ...]
    """Finding codes that it speaks for, the likeliest first."""
    proves: bool
    """Whether the line alone proves the first code."""

    def __new__(cls, word: str, says: str, codes: str = "", proves: bool = False) -> Meaning:
        member = str.__new__(cls, word)
        member._value_ = word
        member.says = says
        member.codes = tuple(codes.split())
        member.proves = proves
        return member

    # Who is asking -------------------------------------------------------------------------------------------------
    UNAUTHENTICATED = (
        "unauthenticated",
        "The registry wants authentication (401, UNAUTHORIZED) and says nothing more: none was sent, or what was sent "
        "did not convince it.",
        "credentials-missing credentials-rejected authorization-missing access-insufficient token-expired",
    )
    LOGIN_NEEDED = (
        "login-needed",
        "The client or registry says that no credentials, or no Authorization header, came with the request.",
        "credentials-missing credentials-not-sent authorization-missing",
    )
    AUTHORIZATION_NEEDED = (
        "authorization-needed",
        "The server says that the request carried no Authorization header at all.",
        "authorization-missing credentials-missing",
        True,
    )
    CREDENTIALS_ABSENT = (
        "credentials-absent",
        "The client looked for credentials of this host and found none; it goes on anonymously.",
        "credentials-missing credentials-not-sent",
    )
    CREDENTIALS_FOUND = ("credentials-found", "The client found credentials for this host.")
    CREDENTIALS_REFUSED = (
        "credentials-refused",
        "User name, password or access token were refused.",
        "credentials-rejected",
        True,
    )
    CREDENTIALS_SECOND_FACTOR = (
        "credentials-second-factor",
        "The account has two-factor or single sign-on: the password will not do, an access token is wanted.",
        "credentials-rejected",
        True,
    )
    CREDENTIALS_EXPIRED = (
        "credentials-expired",
        "The password or access token was right once and is past its life.",
        "credentials-expired",
        True,
    )
    CREDENTIALS_REVOKED = (
        "credentials-revoked",
        "The password or access token was withdrawn, or the account is disabled or blocked.",
        "credentials-rejected",
        True,
    )
    CREDENTIALS_BROKEN = (
        "credentials-broken",
        "The stored or sent credentials cannot be read: not base64, no colon, a line end inside, an empty user.",
        "credentials-malformed",
        True,
    )
    LOGIN_THROTTLED = (
        "login-throttled",
        "Too many failed logins: the account or address is locked for a while.",
        "rate-limited credentials-rejected",
    )
    CONFIG_BROKEN = (
        "config-broken",
        "A file with credentials cannot be parsed.",
        "credentials-malformed",
        True,
    )
    CONFIG_UNREADABLE = (
        "config-unreadable",
        "A file with credentials cannot be opened by this user, or is not there.",
        "credentials-not-sent",
    )
    CREDENTIALS_WITHHELD = (
        "credentials-withheld",
        "The client has credentials and does not send them over a connection without TLS.",
        "credentials-not-sent plain-http",
        True,
    )
    SECRET_MISSING = (
        "secret-missing",
        "Kubernetes cannot find or read a pull secret that the pod names.",
        "credentials-not-sent",
        True,
    )
    HELPER_MISSING = (
        "helper-missing",
        "The program of a credential helper is not found.",
        "credential-helper-failed",
        True,
    )
    HELPER_FAILED = (
        "helper-failed",
        "A credential helper ran and failed.",
        "credential-helper-failed",
        True,
    )
    CLOUD_IDENTITY_FAILED = (
        "cloud-identity-failed",
        "The cloud's own login, from which the registry password is derived, failed or found no identity.",
        "credential-helper-failed credentials-missing",
    )
    SCHEME_REFUSED = (
        "scheme-refused",
        "The server does not take this kind of Authorization header (Basic against Bearer, or the reverse).",
        "wrong-scheme",
        True,
    )
    TOKEN_KIND_REFUSED = (
        "token-kind-refused",
        "The server says that the token is of another kind than the one it takes.",
        "token-wrong-kind",
        True,
    )
    LOGIN_PREPARED = ("login-prepared", "A cloud's registry password was asked for, of this region.")
    LOGIN_SUCCEEDED = ("login-succeeded", "A login succeeded (which says nothing about any repository).")

    # What may be done ----------------------------------------------------------------------------------------------
    DENIED = (
        "denied",
        "Access to the resource is denied (403, DENIED), for no stated reason.",
        "permission-denied access-insufficient repository-not-found credentials-missing credentials-rejected",
    )
    DENIED_OR_ABSENT = (
        "denied-or-absent",
        "The client cannot tell whether the repository does not exist or needs a login.",
        "repository-not-found credentials-missing permission-denied library-prefix",
    )
    PERMISSION_MISSING = (
        "permission-missing",
        "The server knows the caller and says that this is not allowed.",
        "permission-denied",
        True,
    )
    PERMISSION_OR_ABSENT = (
        "permission-or-absent",
        "The server says that a permission is missing on the resource, or that it may not exist.",
        "permission-denied credentials-missing credentials-not-sent repository-not-found",
    )
    CREDENTIAL_SCOPE_MISSING = (
        "credential-scope-missing",
        "The access token is valid but was created without the right that this needs.",
        "permission-denied",
        True,
    )
    POLICY_BLOCKED = (
        "policy-blocked",
        "A rule of the registry forbids this image: scan results, signatures, quarantine.",
        "permission-denied",
        True,
    )
    TAG_IMMUTABLE = ("tag-immutable", "The tag exists and may not be overwritten.", "permission-denied", True)
    QUOTA_EXCEEDED = ("quota-exceeded", "The storage quota of the project is used up.", "permission-denied", True)
    READ_ONLY = ("read-only", "The registry or repository is read-only, or archived.", "permission-denied", True)
    CLIENT_POLICY = (
        "client-policy",
        "The client's own configuration forbids this image: its signature policy, content trust, a blocked registry.",
        "permission-denied",
        True,
    )
    PLAN_LIMIT = (
        "plan-limit",
        "The account's plan, billing or verification forbids this.",
        "permission-denied",
        True,
    )
    NETWORK_REFUSED = (
        "network-refused",
        "The registry refuses the caller's address or network.",
        "network-denied",
        True,
    )

    # What a verifier says of a token -------------------------------------------------------------------------------
    TOKEN_ABSENT = (
        "token-absent",
        "The registry got a request without a bearer token (normal for the first request of every flow).",
        "authorization-missing",
    )
    TOKEN_AUDIENCE = ("token-audience", "The token is meant for another audience.", "audience-mismatch", True)
    TOKEN_ISSUER = ("token-issuer", "The token's issuer is not the trusted one.", "issuer-mismatch", True)
    TOKEN_EXPIRED = ("token-expired", "The token is past its life.", "token-expired", True)
    TOKEN_NOT_YET_VALID = (
        "token-not-yet-valid",
        "The token's life has not begun by the verifier's clock.",
        "token-not-yet-valid clock-skew",
        True,
    )
    TOKEN_KEY_UNTRUSTED = (
        "token-key-untrusted",
        "The key that signed the token is not among the trusted ones.",
        "signature-untrusted",
        True,
    )
    TOKEN_CHAIN_UNTRUSTED = (
        "token-chain-untrusted",
        "The certificate chain in the token does not lead to the trusted bundle.",
        "signature-untrusted",
        True,
    )
    TOKEN_KEY_ABSENT = (
        "token-key-absent",
        "The verifier cannot tell which key signed the token: no usable x5c, jwk or kid, or no key loaded.",
        "signature-untrusted",
        True,
    )
    TOKEN_SIGNATURE = ("token-signature", "The token's signature is wrong.", "signature-untrusted", True)
    TOKEN_UNSIGNED = (
        "token-unsigned",
        "The token carries no signature.",
        "token-malformed algorithm-unsupported signature-untrusted",
        True,
    )
    TOKEN_ALGORITHM = (
        "token-algorithm",
        "The token's signature algorithm is not accepted.",
        "algorithm-unsupported",
        True,
    )
    TOKEN_MALFORMED = (
        "token-malformed",
        "What was sent as a token is not one, or has claims of the wrong type.",
        "token-malformed token-wrong-kind",
        True,
    )
    TOKEN_SCOPE = (
        "token-scope",
        "The token is valid and does not grant what was needed (insufficient scope).",
        "access-insufficient access-empty access-other-repository scope-missing",
    )
    TOKEN_OTHER_REPOSITORY = (
        "token-other-repository",
        "The token is valid and was made for another repository.",
        "access-other-repository scope-mismatch",
        True,
    )
    TOKEN_REFUSED = (
        "token-refused",
        "The token was refused, for no stated reason (invalid_token).",
        "audience-mismatch issuer-mismatch signature-untrusted token-expired",
    )
    CLOCK_DIFFERS = ("clock-differs", "Two clocks disagree too much.", "clock-skew", True)

    # The token server ----------------------------------------------------------------------------------------------
    TOKEN_SERVER_REFUSED = (
        "token-server-refused",
        "The token server refused to give a token (401, 403 or 400).",
        "credentials-rejected permission-denied credentials-missing",
    )
    TOKEN_SERVER_FAILED = ("token-server-failed", "The token server failed (5xx, 404).", "realm-unreachable", True)
    TOKEN_ANSWER_INVALID = (
        "token-answer-invalid",
        "The token server's answer holds no token, or is no JSON.",
        "token-response-invalid",
        True,
    )
    SERVICE_UNKNOWN = (
        "service-unknown",
        "The token server does not know the service that it was asked for.",
        "service-mismatch service-missing",
        True,
    )
    SCOPE_INVALID = ("scope-invalid", "The scope of the token request cannot be read.", "scope-mismatch", True)
    SCOPE_REFUSED = (
        "scope-refused",
        "The token server's log: this scope was asked for and not, or not wholly, granted.",
        "access-empty access-insufficient permission-denied",
    )
    TOKEN_REQUEST = ("token-request", "A token was asked for with these parameters.")
    TOKEN_RECEIVED = ("token-received", "A token was received.")
    TOKEN_KEY_FILE = (
        "token-key-file",
        "The registry or token server cannot load its keys or certificates.",
        "signature-untrusted registry-error",
    )

    # The challenge -------------------------------------------------------------------------------------------------
    CHALLENGE_MISSING = (
        "challenge-missing",
        "A refusal came without a challenge that the client can follow.",
        "challenge-missing",
        True,
    )
    CHALLENGE_UNSUPPORTED = (
        "challenge-unsupported",
        "The challenge names a scheme that the client does not know.",
        "challenge-missing proxy-interference",
    )
    REALM_INVALID = (
        "realm-invalid",
        "The realm is no URL that the client may ask: missing, relative, malformed, plain http, a private address.",
        "realm-misconfigured",
        True,
    )

    # What is there -------------------------------------------------------------------------------------------------
    REFERENCE_INVALID = (
        "reference-invalid",
        "The image name or tag breaks the grammar.",
        "repository-name-invalid",
        True,
    )
    NAME_UPPER_CASE = (
        "name-upper-case",
        "The repository name holds an upper-case letter.",
        "repository-name-invalid",
        True,
    )
    SHORT_NAME = (
        "short-name",
        "The name has no registry in it and the client will not guess one.",
        "wrong-host repository-name-invalid",
    )
    REPOSITORY_UNKNOWN = ("repository-unknown", "There is no such repository.", "repository-not-found", True)
    PROJECT_UNKNOWN = (
        "project-unknown",
        "There is no such project, namespace or organisation.",
        "repository-not-found",
        True,
    )
    REGISTRY_UNKNOWN = (
        "registry-unknown",
        "There is no registry of that name on this service.",
        "wrong-host registry-unreachable",
    )
    MANIFEST_UNKNOWN = ("manifest-unknown", "The tag or digest is not there.", "manifest-unknown", True)
    BLOB_UNKNOWN = (
        "blob-unknown",
        "A layer or config is not there.",
        "manifest-unknown proxy-interference registry-error",
    )
    UPLOAD_LOST = (
        "upload-lost",
        "The registry does not know, or cannot go on with, an upload that it began.",
        "registry-error proxy-interference",
    )
    PLATFORM_UNKNOWN = (
        "platform-unknown",
        "The image is there, not for this platform.",
        "manifest-unknown",
        True,
    )
    NOT_FOUND = (
        "not-found",
        "404, and nothing says whether the repository, the tag or the path is missing.",
        "manifest-unknown repository-not-found wrong-host endpoint-unsupported",
    )
    ACCEPT_REFUSED = (
        "accept-refused",
        "The registry has the manifest in a media type that the request did not accept.",
        "accept-missing",
        True,
    )
    MANIFEST_CONVERTED = (
        "manifest-converted",
        "The registry made up an old-format manifest because the request did not accept the stored one.",
        "accept-missing",
        True,
    )
    MEDIA_TYPE_UNSUPPORTED = (
        "media-type-unsupported",
        "Client or registry does not handle this media type.",
        "accept-missing",
    )
    MANIFEST_INVALID = ("manifest-invalid", "The registry refuses the pushed manifest as invalid.", "registry-error")
    DIGEST_DIFFERS = (
        "digest-differs",
        "The content does not have the digest that was asked for or announced.",
        "proxy-interference registry-error accept-missing",
    )
    ENDPOINT_UNSUPPORTED = (
        "endpoint-unsupported",
        "The registry does not offer this operation or path.",
        "endpoint-unsupported",
    )
    PATH_MISPLACED = (
        "path-misplaced",
        "The server does not find a repository at this place of the path.",
        "wrong-host",
        True,
    )
    LOCAL_IMAGE_MISSING = ("local-image-missing", "The image to push or run is not in the local store.")

    # The way -------------------------------------------------------------------------------------------------------
    NAME_NOT_RESOLVED = (
        "name-not-resolved",
        "The host name has no address.",
        "registry-unreachable realm-unreachable realm-misconfigured wrong-host",
    )
    CONNECTION_REFUSED = (
        "connection-refused",
        "Nobody listens at that address and port.",
        "registry-unreachable realm-unreachable",
    )
    CONNECTION_TIMEOUT = (
        "connection-timeout",
        "No connection within the time allowed.",
        "registry-unreachable realm-unreachable",
    )
    CONNECTION_LOST = (
        "connection-lost",
        "The connection was closed or reset before a whole answer came.",
        "registry-unreachable realm-unreachable proxy-interference",
    )
    NETWORK_UNREACHABLE = (
        "network-unreachable",
        "There is no route to that address.",
        "registry-unreachable realm-unreachable",
    )
    ANSWER_TIMEOUT = (
        "answer-timeout",
        "Connected, or trying to, and no answer within the time allowed.",
        "registry-unreachable realm-unreachable",
    )
    ADDRESS_INVALID = (
        "address-invalid",
        "The host and port are no address that can be dialled.",
        "realm-misconfigured wrong-host",
    )
    HTTP_ANSWER_TO_HTTPS = (
        "http-answer-to-https",
        "The client spoke HTTPS and the other side answers in plain HTTP.",
        "plain-http",
        True,
    )
    HTTP_REQUEST_TO_HTTPS = (
        "http-request-to-https",
        "A plain HTTP request reached an HTTPS port.",
        "plain-http",
        True,
    )
    TLS_AUTHORITY = ("tls-authority", "The certificate's issuer is not trusted.", "tls-untrusted", True)
    TLS_NAME = ("tls-name", "The certificate names another host, or no host.", "tls-untrusted", True)
    TLS_EXPIRED = ("tls-expired", "The certificate has expired, or is not valid yet.", "tls-untrusted clock-skew", True)
    TLS_CLIENT_CERTIFICATE = (
        "tls-client-certificate",
        "The server wants a client certificate, or refuses the one it got, or its file is missing.",
        "tls-untrusted credentials-missing",
    )
    TLS_FAILED = ("tls-failed", "The TLS handshake failed.", "tls-untrusted proxy-interference")
    PROXY_FAILED = (
        "proxy-failed",
        "A forward proxy could not be reached, refused, or wants a login of its own.",
        "proxy-interference",
        True,
    )
    BODY_TOO_LARGE = (
        "body-too-large",
        "Something on the way refuses a body of this size (413).",
        "proxy-interference",
        True,
    )
    PAGE_ANSWERED = (
        "page-answered",
        "HTML or other prose came where JSON was expected.",
        "proxy-interference wrong-host token-response-invalid",
    )
    REDIRECT_LOOP = ("redirect-loop", "Too many redirects.", "proxy-interference realm-misconfigured")
    STORAGE_REFUSED_AUTHORIZATION = (
        "storage-refused-authorization",
        "A storage service refuses the Authorization header that came along on a redirect.",
        "redirect-authorization",
        True,
    )
    STORAGE_REFUSED = (
        "storage-refused",
        "The storage behind the registry refused, or a signed link to it is no longer valid.",
        "registry-error redirect-authorization",
    )
    RATE_LIMITED = ("rate-limited", "Asked too often (429, TOOMANYREQUESTS).", "rate-limited", True)
    SERVER_FAILED = ("server-failed", "The server failed (5xx).", "registry-error", True)
    SERVER_CONFIG = (
        "server-config",
        "The registry's own configuration, database or storage makes it fail.",
        "registry-error",
        True,
    )
    UPSTREAM_REFUSED = (
        "upstream-refused",
        "A cache or mirror says that its own upstream refused it.",
        "upstream-failed credentials-rejected library-prefix",
    )
    UPSTREAM_FAILED = (
        "upstream-failed",
        "A cache or mirror could not get it from its own upstream.",
        "upstream-failed",
        True,
    )
    HTTP_STATUS = ("http-status", "An unexpected status came, and no more is said.")

    # Context -------------------------------------------------------------------------------------------------------
    WANTED = ("wanted", "This is what was to be pulled, pushed or logged in to.")
    EXCHANGED = ("exchanged", "A request was made or served: method, URL, status if it was told.")
    TRYING = ("trying", "The client tries this endpoint.")
    DEFAULT_TAG = ("default-tag", "No tag was given, so `latest` was taken.")
    FALLING_BACK = ("falling-back", "An endpoint or mirror failed and the next is tried.")
    CACHE_MISS = ("cache-miss", "A cache does not have it yet and asks its upstream.")
    BACK_OFF = ("back-off", "It failed before; the cause stands elsewhere.")


BY_WORD: dict[str, Meaning] = {meaning.value: meaning for meaning in Meaning}


def meaning(word: str) -> Meaning | None:
    """The meaning of that word, or None for a word that is none."""
    return BY_WORD.get(word)
