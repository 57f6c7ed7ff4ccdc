"""The demo's registry: the pull side of the OCI distribution spec 1.1, as distribution 3 and Docker Hub do it.

Every request passes the same gates: a front end's fault, the token, the method, the resource. A request without a
sufficient token learns nothing about what is there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote, urlencode

from reglens.demo.answers import Answer, Call, document, error, text
from reglens.demo.content.catalogue import Catalogue, Repository
from reglens.demo.content.parts import Part
from reglens.demo.faults import Addresses, Fault, fault_of
from reglens.demo.tokens import SERVICE
from reglens.demo.verify import TokenRefused, Verifier
from reglens.oci import media
from reglens.oci.scope import Scope

PAGE = 1000
"""Tags in a page, at most and where no ``n`` is given."""
_CATALOG_PAGE = 100
_MAX_CATALOG_PAGE = 1000
WINDOW = 21600
"""Seconds over which Docker Hub counts pulls."""
_ACTIONS = {
    "GET": ("pull",),
    "HEAD": ("pull",),
    "POST": ("pull", "push"),
    "PUT": ("pull", "push"),
    "PATCH": ("pull", "push"),
    "DELETE": ("delete",),
}
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Registry:
    """Answers on the registry's port, and at the blob store that it redirects to."""

    def __init__(
        self, catalogue: Catalogue, verifier: Verifier, addresses: Addresses, clock: Callable[[], datetime]
    ) -> None:
        self._catalogue = catalogue
        self._verifier = verifier
        self._addresses = addresses
        self._clock = clock
        self._store_key = secrets.token_bytes(32)
        self._pulls: Counter[str] = Counter()

    # The endpoints. Each returns the whole answer; HEAD differs from GET only in what is put on the wire.

    def base(self, call: Call) -> Answer:
        """``/v2/``: any valid token will do, whatever it grants."""
        refused = self._gate(call, (), None)
        return _versioned(refused or self._reading(call) or document({}))

    def catalog(self, call: Call) -> Answer:
        """``/v2/_catalog``."""
        refused = self._gate(call, (Scope("registry", "catalog", ("*",)),), None)
        if refused or (refused := self._reading(call)):
            return _versioned(refused)
        count, bad = _count(call, _CATALOG_PAGE)
        if bad or count > _MAX_CATALOG_PAGE:
            return _versioned(_bad_count(call))
        page, link = _page(self._catalogue.names, call, count, "/v2/_catalog")
        return _versioned(document({"repositories": page}, headers=link))

    def tags(self, call: Call, name: str) -> Answer:
        """``/v2/<name>/tags/list``."""

        def read(repository: Repository, fault: Fault | None) -> Answer:
            count, bad = _count(call, PAGE)
            if bad:
                return _bad_count(call)
            page, link = _page(repository.tags, call, min(count, PAGE), f"/v2/{name}/tags/list")
            return document({"name": name, "tags": page}, headers=link)

        return self._resource(call, name, read)

    def manifest(self, call: Call, name: str, reference: str) -> Answer:
        """``/v2/<name>/manifests/<reference>``."""

        def read(repository: Repository, fault: Fault | None) -> Answer:
            found = repository.manifest(reference)
            if found is None:
                return _unknown_manifest(reference)
            if fault and fault.redirect:
                return Answer(307, b"", {"location": self._elsewhere(fault, name, found.digest)})
            if call.method == "GET":
                self._pulls[self._caller(call)] += 1
            whole = self._blob_answer(call, found, ranges=False).plus(self._limits(call))
            return fault.spoil(whole) if fault and fault.spoil else whole

        return self._resource(call, name, read)

    def blob(self, call: Call, name: str, digest: str) -> Answer:
        """``/v2/<name>/blobs/<digest>``: a redirect to the store with a signed URL, as on Docker Hub."""

        def read(repository: Repository, fault: Fault | None) -> Answer:
            if not _DIGEST.fullmatch(digest):
                return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
            if repository.blob(digest) is None:
                return error(404, "BLOB_UNKNOWN", "blob unknown to registry", digest)
            return Answer(
                307,
                b"",
                {"location": self._signed(name, digest, self._addresses.auth), "docker-content-digest": digest},
            )

        return self._resource(call, name, read)

    def referrers(self, call: Call, name: str, digest: str) -> Answer:
        """``/v2/<name>/referrers/<digest>`` (OCI distribution spec 1.1, "Listing Referrers")."""

        def read(repository: Repository, fault: Fault | None) -> Answer:
            if not _DIGEST.fullmatch(digest):
                return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
            found = repository.referrers(digest)
            wanted = call.parameter("artifactType")
            headers = {"content-type": media.OCI_INDEX}
            if wanted:
                found = [entry for entry in found if entry.get("artifactType") == wanted]
                headers["oci-filters-applied"] = "artifactType"
            index = {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": found}
            return document(index).plus(headers)

        return self._resource(call, name, read)

    def uploads(self, call: Call, name: str) -> Answer:
        """``/v2/<name>/blobs/uploads/``: pushing is not offered, and the token server grants it to nobody."""
        source = call.parameter("from")
        more = (Scope.repository(source, "pull"),) if source and call.parameter("mount") else ()
        return self._resource(call, name, lambda repository, fault: _NOT_ALLOWED, more)

    def store(self, call: Call, name: str, digest: str) -> Answer:
        """The blob store, on another host than the registry. It wants its signature and no ``Authorization``, as S3
        does: "Only one auth mechanism allowed"."""
        if call.headers.get("authorization"):
            return ONE_MECHANISM
        signature = call.parameter("signature") or ""
        expires = call.parameter("expires") or ""
        if not hmac.compare_digest(signature, self._signature(name, digest, expires)):
            return _xml(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        if int(expires) < self._clock().timestamp():
            return _xml(403, "AccessDenied", "Request has expired")
        repository = self._catalogue.find(name)
        found = (repository.blob(digest) or repository.manifest(digest)) if repository else None
        if found is None:
            return _xml(404, "NoSuchKey", "The specified key does not exist.")
        return self._blob_answer(call, found, ranges=True)

    def mirror(self, call: Call, name: str, digest: str) -> Answer:
        """Manifests on another host that wants the registry's token."""
        refused = self._gate(call, (Scope.repository(name, "pull"),), None) or self._reading(call)
        repository = self._catalogue.find(name)
        found = repository.manifest(digest) if repository else None
        return refused or (self._blob_answer(call, found, ranges=False) if found else _unknown_manifest(digest))

    # The gates.

    def _resource(
        self,
        call: Call,
        name: str,
        read: Callable[[Repository, Fault | None], Answer],
        more: tuple[Scope, ...] = (),
    ) -> Answer:
        fault = fault_of(name)
        if fault and fault.front and (answer := fault.front(call, self._addresses)):
            return answer
        if fault and fault.drops:
            call = replace(call, headers={k: v for k, v in call.headers.items() if k != fault.drops})
        actions = _ACTIONS.get(call.method, ())
        wanted = (Scope.repository(name, *actions), *more) if actions else ()
        if refused := self._gate(call, wanted, fault):
            return _versioned(refused)
        if fault and fault.resource and (answer := fault.resource(call, self._addresses)):
            return _versioned(answer)
        if refused := self._reading(call):
            return _versioned(refused)
        repository = self._catalogue.find(name)
        if repository is None:
            return _versioned(error(404, "NAME_UNKNOWN", "repository name not known to registry", {"name": name}))
        return _versioned(read(repository, fault))

    def _gate(self, call: Call, wanted: tuple[Scope, ...], fault: Fault | None) -> Answer | None:
        """The 401 for a request whose token does not grant `wanted`; None if it does.

        Sources of the form: distribution, registry/auth/token/accesscontroller.go (``challengeParams``),
        registry/handlers/app.go (``authorized``).
        """
        try:
            self._verifier.check(call.headers.get("authorization"), wanted, self._clock())
        except TokenRefused as refusal:
            realm = fault.realm(self._addresses) if fault and fault.realm else self._addresses.realm
            challenge = f'Bearer realm="{realm}",service="{SERVICE}"'
            if wanted:
                challenge += f',scope="{" ".join(map(str, wanted))}"'
            if refusal.error:
                challenge += f',error="{refusal.error}"'
            detail = [
                {"Type": scope.type, "Class": "", "Name": scope.name, "Action": action}
                for scope in wanted
                for action in scope.actions
            ]
            headers = {"www-authenticate": challenge}
            return error(401, "UNAUTHORIZED", "authentication required", detail or None, headers)
        return None

    def _reading(self, call: Call) -> Answer | None:
        return None if call.method in ("GET", "HEAD") else _NOT_ALLOWED

    # What is sent.

    def _blob_answer(self, call: Call, blob: Part, *, ranges: bool) -> Answer:
        headers = {
            "content-type": blob.media_type,
            "docker-content-digest": blob.digest,
            "etag": f'"{blob.digest}"',
            "cache-control": "max-age=31536000" if ranges else "private",
        }
        if call.headers.get("if-none-match", "").strip('"') == blob.digest:
            return Answer(304, b"", headers)
        if not ranges:
            return Answer(200, blob.data, headers)
        headers["accept-ranges"] = "bytes"
        return _ranged(call, blob.data, headers)

    def _limits(self, call: Call) -> Mapping[str, str]:
        """Docker Hub's headers: pulls of manifests are counted, HEAD is free. The demo's count starts again when it is
        used up, so that nobody is locked out."""
        caller = self._caller(call)
        limit = 200 if caller else 100
        left = limit - self._pulls[caller] % limit
        return {
            "ratelimit-limit": f"{limit};w={WINDOW}",
            "ratelimit-remaining": f"{left};w={WINDOW}",
            "docker-ratelimit-source": caller or "127.0.0.1",
        }

    @staticmethod
    def _caller(call: Call) -> str:
        """The ``sub`` of the call's token, which has been verified; empty for anonymous."""
        claims = call.headers["authorization"].partition(" ")[2].split(".")[1]
        return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))).get("sub") or ""

    def _elsewhere(self, fault: Fault, name: str, digest: str) -> str:
        if fault.redirect == "mirror":
            return f"{self._addresses.auth}/mirror/{quote(name)}/{digest}"
        return self._signed(name, digest, self._addresses.registry)

    def _signed(self, name: str, digest: str, host: str) -> str:
        """The store's URL for a digest, good for 20 minutes."""
        expires = str(int(self._clock().timestamp()) + 1200)
        query = urlencode({"expires": expires, "signature": self._signature(name, digest, expires)})
        return f"{host}/store/{quote(name)}/{digest}?{query}"

    def _signature(self, name: str, digest: str, expires: str) -> str:
        return hmac.new(self._store_key, f"{name} {digest} {expires}".encode(), hashlib.sha256).hexdigest()


_NOT_ALLOWED = error(405, "UNSUPPORTED", "The operation is unsupported.").plus({"allow": "GET, HEAD"})
HOME = Answer(200, b"", {"cache-control": "no-cache"})
MOVED = Answer(301, b"", {"location": "/v2/"})


def _xml(status: int, code: str, message: str) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return text(body, status, "application/xml")


ONE_MECHANISM = _xml(
    400,
    "InvalidArgument",
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or "
    "the Authorization header should be specified",
)
"""What S3 says to a signed URL with ``Authorization`` beside it."""


def _versioned(answer: Answer) -> Answer:
    return answer.plus({"docker-distribution-api-version": "registry/2.0"})


def _unknown_manifest(reference: str) -> Answer:
    what = "digest" if ":" in reference else "tag"
    return error(404, "MANIFEST_UNKNOWN", "manifest unknown", f"unknown {what}={reference}")


def _count(call: Call, default: int) -> tuple[int, bool]:
    """The page size that ``n`` asks for, and whether it is none (distribution v3, registry/handlers/tags.go)."""
    given = call.parameter("n")
    if not given:
        return default, False
    if not re.fullmatch(r"\d{1,9}", given):
        return 0, True
    return int(given), False


def _bad_count(call: Call) -> Answer:
    return error(
        400,
        "PAGINATION_NUMBER_INVALID",
        "invalid number of results requested",
        {"n": call.parameter("n")},
    )


def _page(names: tuple[str, ...], call: Call, count: int, path: str) -> tuple[list[str], dict[str, str]]:
    """The page of `names`, which are sorted, that begins after ``last``, and the ``Link`` to the next."""
    start = bisect_right(names, call.parameter("last") or "")
    page = list(names[start : start + count])
    if not page or start + count >= len(names):
        return page, {}
    query = urlencode({"last": page[-1], "n": count})
    return page, {"link": f'<{path}?{query}>; rel="next"'}


def _ranged(call: Call, data: bytes, headers: dict[str, str]) -> Answer:
    """`data`, or the one range of it that was asked for (RFC 9110, section 14)."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", call.headers.get("range", ""))
    if not found or found[0] == "bytes=-":
        return Answer(200, data, headers)
    first, last = found.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    end = min(int(last), len(data) - 1) if first and last else len(data) - 1
    if start >= len(data) or start > end:
        return Answer(416, b"", {**headers, "content-range": f"bytes */{len(data)}"})
    return Answer(206, data[start : end + 1], {**headers, "content-range": f"bytes {start}-{end}/{len(data)}"})
