"""TLS contexts: whom to trust, and what to show.

The certificates of authorities are the system's: ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` where they are set (as OpenSSL
and Go heed them), else the files of the system, else, where the system keeps them in no file (macOS, Windows), its own
store through truststore; certifi's where there is nothing else.
"""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from reglens.errors import UsageError
from reglens.octets import is_plain
from reglens.registry.options import Options
from reglens.registry.ways.model import Trust

BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where systems keep their bundle (Go, crypto/x509/root_linux.go), for a Python whose OpenSSL was built to look
elsewhere."""


def bare_context() -> ssl.SSLContext:
    """A context that verifies nothing and loads nothing, for connections that will not use it, or only look."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def tls_context(
    options: Options, trust: Trust | None = None, environ: Mapping[str, str] | None = None
) -> ssl.SSLContext:
    """The context by the person's options and what `trust` adds for one host. Raises UsageError, which names the file,
    if one cannot be read."""
    trust = trust or Trust()
    if options.insecure or trust.insecure:
        context = bare_context()
    else:
        context = system_context(os.environ if environ is None else environ)
        for path in (options.ca_file, *trust.ca_files):
            if path is not None:
                _load(context, path)
    client = (options.client_cert, options.client_key) if options.client_cert else trust.client
    if client is not None:
        certificate, key = client
        shown = f"{certificate} with {key}" if key else str(certificate)
        try:
            if not all(map(is_plain, filter(None, client))):
                raise ValueError("no regular file")
            context.load_cert_chain(certificate, key, password=_no_password)
        except (OSError, ValueError) as error:
            raise UsageError(f"{shown} cannot be read: {error}", "Give PEM; a key without a passphrase.") from None
    return context


def system_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """A verifying context with the system's authorities. Raises UsageError if ``SSL_CERT_FILE`` names no such file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    named, folders = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if named or folders:
        if named:
            _load(context, Path(named), "SSL_CERT_FILE: ")
        for folder in filter(None, (folders or "").split(os.pathsep)):
            context.load_verify_locations(capath=folder)
        if folders and not named:
            _load_bundle(context)  # each replaces its own default alone
        return context
    if sys.platform in ("darwin", "win32"):
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    elif not _load_bundle(context):
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        if not paths.capath:
            import certifi

            context.load_verify_locations(certifi.where())
    return context


def _load_bundle(context: ssl.SSLContext) -> bool:
    for bundle in BUNDLES:
        if os.path.isfile(bundle):
            context.load_verify_locations(bundle)
            return True
    return False


def _load(context: ssl.SSLContext, path: Path, lead: str = "") -> None:
    try:
        if not is_plain(path):
            raise ValueError("it is no regular file")
        context.load_verify_locations(path)
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{lead}{path} cannot be read: {words}", "Give certificates as PEM.") from None


def _no_password() -> str:
    raise ValueError("the key is protected by a passphrase")
