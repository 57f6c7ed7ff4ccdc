"""What is said of who is asking, and of what that one may do."""

from __future__ import annotations

from reglens.diagnosis.senses.model import Sense, sense

SENSES: dict[str, Sense] = {
    # Who is asking
    "unauthenticated": sense(
        "The registry wants authentication (401, UNAUTHORIZED) and says nothing more: none was sent, or what was "
        "sent did not convince it.",
        "credentials-missing credentials-rejected authorization-missing access-insufficient token-expired",
    ),
    "login-needed": sense(
        "The client or registry says that no credentials, or no Authorization header, came with the request.",
        "credentials-missing credentials-not-sent authorization-missing",
    ),
    "login-unasked": sense(
        "A login was given no user name or no password, and has no terminal to ask for them at.",
        "credentials-missing",
        True,
    ),
    "authorization-needed": sense(
        "The server says that the request carried no Authorization header at all.",
        "authorization-missing credentials-missing",
        True,
    ),
    "credentials-absent": sense(
        "The client looked for credentials of this host and found none; it goes on anonymously.",
        "credentials-missing credentials-not-sent",
    ),
    "credentials-found": sense("The client found credentials for this host."),
    "credentials-refused": sense("User name, password or access token were refused.", "credentials-rejected", True),
    "credentials-second-factor": sense(
        "The account has two-factor or single sign-on: the password will not do, an access token is wanted.",
        "credentials-rejected",
        True,
    ),
    "credentials-expired": sense(
        "The password or access token was right once and is past its life.",
        "credentials-expired",
        True,
    ),
    "credentials-revoked": sense(
        "The password or access token was withdrawn, or the account is disabled or blocked.",
        "credentials-rejected",
        True,
    ),
    "credentials-broken": sense(
        "The stored or sent credentials cannot be read: not base64, no colon, a line end inside, an empty user.",
        "credentials-malformed",
        True,
    ),
    "login-throttled": sense(
        "Too many failed logins: the account or address is locked for a while.",
        "rate-limited credentials-rejected",
    ),
    "config-broken": sense("A file with credentials cannot be parsed.", "credentials-malformed", True),
    "config-unreadable": sense(
        "A file with credentials cannot be opened by this user, or is not there.",
        "credentials-not-sent",
    ),
    "credentials-withheld": sense(
        "The client has credentials and does not send them over a connection without TLS.",
        "credentials-not-sent plain-http",
        True,
    ),
    "secret-missing": sense(
        "Kubernetes cannot find or read a pull secret that the pod names.",
        "credentials-not-sent",
        True,
    ),
    "helper-missing": sense("The program of a credential helper is not found.", "credential-helper-failed", True),
    "helper-failed": sense("A credential helper ran and failed.", "credential-helper-failed", True),
    "cloud-identity-failed": sense(
        "The cloud's own login, from which the registry password is derived, failed or found no identity.",
        "credential-helper-failed credentials-missing",
    ),
    "scheme-refused": sense(
        "The server does not take this kind of Authorization header (Basic against Bearer, or the reverse).",
        "wrong-scheme",
        True,
    ),
    "token-kind-refused": sense(
        "The server says that the token is of another kind than the one it takes.",
        "token-wrong-kind",
        True,
    ),
    "login-prepared": sense("A cloud's registry password was asked for, of this region."),
    "login-succeeded": sense("A login succeeded (which says nothing about any repository)."),
    # What may be done
    "denied": sense(
        "Access to the resource is denied (403, DENIED), for no stated reason.",
        "permission-denied access-insufficient repository-not-found credentials-missing credentials-rejected",
    ),
    "denied-or-absent": sense(
        "The client cannot tell whether the repository does not exist or needs a login.",
        "repository-not-found credentials-missing permission-denied library-prefix",
    ),
    "permission-missing": sense(
        "The server knows the caller and says that this is not allowed.",
        "permission-denied",
        True,
    ),
    "permission-or-absent": sense(
        "The server says that a permission is missing on the resource, or that it may not exist.",
        "permission-denied credentials-missing credentials-not-sent repository-not-found",
    ),
    "credential-scope-missing": sense(
        "The access token is valid but was created without the right that this needs.",
        "permission-denied",
        True,
    ),
    "policy-blocked": sense(
        "A rule of the registry forbids this image: scan results, signatures, quarantine.",
        "permission-denied",
        True,
    ),
    "tag-immutable": sense("The tag exists and may not be overwritten.", "permission-denied", True),
    "quota-exceeded": sense("The storage quota of the project is used up.", "permission-denied", True),
    "read-only": sense("The registry or repository is read-only, or archived.", "permission-denied", True),
    "client-policy": sense(
        "The client's own configuration forbids this image: its signature policy, content trust, a blocked registry.",
        "permission-denied",
        True,
    ),
    "plan-limit": sense("The account's plan, billing or verification forbids this.", "permission-denied", True),
    "network-refused": sense("The registry refuses the caller's address or network.", "network-denied", True),
}
