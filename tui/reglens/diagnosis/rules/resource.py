"""What is there, and what the registry is willing to serve: names, media types, endpoints, limits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reglens.diagnosis import fixes, told
from reglens.diagnosis.finding import Finding, Fix, Proof, Severity
from reglens.diagnosis.products import looks_like_host
from reglens.diagnosis.reading import split_url
from reglens.diagnosis.rules.build import graded, likely, proven
from reglens.diagnosis.scene import Scene, known_request, repository_of, shown
from reglens.errors import ReferenceInvalid
from reglens.jsontext import loads
from reglens.oci import media
from reglens.oci.reference import Reference
from reglens.trace.curl import quoted
from reglens.trace.exchange import Exchange, Role

_UPPER = re.compile(r"[A-Z]")


def name(scene: Scene) -> Iterator[Finding]:
    """The reference as typed, and the repository in the URL, against the grammar of names (distribution/reference)."""
    typed = scene.evidence.reference
    if scene.ok:
        return
    if typed and scene.evidence.wanted is None and not told.placeholder(typed):
        try:
            Reference.parse(typed)
        except ReferenceInvalid as error:
            if _is_place(typed):
                return
            better = mended(typed)
            yield proven(
                "repository-name-invalid",
                "The image name breaks the grammar",
                f"{_capital(error.message)} (character {error.position + 1} of {shown(typed)}). A name is lower case: "
                "a host, "
                "then words of letters and digits joined by single . _ or - and slashes, then perhaps :tag.",
                [Proof("reference", typed)],
                Fix(
                    f"Write {better}." if better else error.hint or "Write the name as its registry shows it.",
                    (f"docker pull {better}",) if better else (),
                ),
            )
            return
    judged = scene.judged
    path = judged.path if judged is not None else ""
    repository = repository_of(path)
    if repository and _UPPER.search(repository) and judged is not None and (judged.status or 0) >= 400:
        yield proven(
            "repository-name-invalid",
            "The repository's name has an upper-case letter",
            "Repository names are lower case. distribution matches no route for another name and answers a plain 404 "
            "page, "
            "with or without a token and never with a challenge.",
            [scene.proof(judged, "url", "URL", judged.url)],
            Fix(f"Write {repository.lower()}.", (quoted(fixes.resource_url(scene)),)),
        )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is_place(typed: str) -> bool:
    """Whether it is a registry's host alone, which is no image name but no mistake either."""
    from reglens.oci.reference import Place

    try:
        return Place.parse(typed).reference is None
    except ReferenceInvalid:
        return False


def mended(typed: str) -> str:
    """What was probably meant by a malformed reference; ``""`` if no small change makes it one."""
    text = re.sub(r"^[a-zA-Z][a-zA-Z0-9+.-]*://", "", typed.strip())
    first, slash, rest = text.partition("/")
    candidates = [text]
    head, colon, tag = rest.rpartition(":") if ":" in rest else (rest, "", "")
    if not any(mark in first for mark in ".:"):
        first = first.lower()
    lowered = f"{first}{slash}{(head or rest).lower()}{colon}{tag}" if slash else _lower_name(text)
    for candidate in (text, lowered):
        candidate = re.sub(r"/+:", ":", candidate)
        candidate = re.sub(r"/{2,}", "/", candidate).rstrip("/:")
        candidate = re.sub(r"([._-])(?=[/:]|$)", "", candidate)
        candidates.append(re.sub(r"/[._-]+", "/", candidate))
        candidates.append(candidate.replace(" ", ""))
    for candidate in candidates:
        if candidate == typed:
            continue
        try:
            read = Reference.parse(candidate)
        except ReferenceInvalid:
            continue
        if not looks_like_host(read.repository.removeprefix("library/")):
            return candidate
    return ""


def _lower_name(text: str) -> str:
    head, colon, tag = text.rpartition(":")
    return f"{head.lower()}:{tag}" if colon else text.lower()


def accept(scene: Scene) -> Iterator[Finding]:
    """``Accept`` against what the registry holds (distribution, registry/handlers/manifests.go, ``GetManifest``)."""
    judged = scene.judged
    if judged is None or "/manifests/" not in judged.path:
        return
    asked = ", ".join(judged.request_headers.all("accept"))
    fix = Fix("List every manifest type in Accept.", (fixes.resource_command(scene),))
    if judged.status == 200 and judged.media_type in media.SCHEMA1 and not _names(asked, judged.media_type):
        yield proven(
            "accept-missing",
            "The registry converted the manifest to the old schema 1",
            "The request's Accept names none of the types that the registry holds, so it made up a schema 1 manifest. "
            "That "
            "is not the stored one: its digest is different, and cannot be fetched.",
            [
                scene.proof(judged, "content-type", "Content-Type", judged.media_type),
                scene.proof(judged, "accept", "Accept", asked or "(absent)"),
            ],
            fix,
        )
    elif judged.status == 404 and known_request(scene, judged) and judged.method in ("GET", "HEAD", None):
        codes = {entry.code for entry in judged.errors}
        types = (media.OCI_INDEX, media.OCI_MANIFEST, media.DOCKER_LIST, media.DOCKER_MANIFEST)
        missing = [t for t in types if not _names(asked, t)]
        if codes and codes != {"MANIFEST_UNKNOWN"}:
            return
        works = any(t.kind == "accept" and t.worked for t in scene.evidence.trials)
        if works or (missing and not _detail_names_tag(judged)):
            yield graded(
                Severity.ERROR if works else Severity.WARNING,
                "accept-missing",
                "Accept leaves out manifest types",
                "docker-registry 2.8 answers 404 MANIFEST_UNKNOWN for a manifest whose type the request does not "
                "accept. "
                "Missing here: " + ", ".join(missing) + ("" if works else ". The command below decides it."),
                [scene.proof(judged, "accept", "Accept", asked or "(absent)")],
                fix,
            )


def _detail_names_tag(exchange: Exchange) -> bool:
    """Whether the error's detail names the tag as unknown, which distribution does only when it really is."""
    for entry in exchange.errors:
        detail = entry.detail
        if isinstance(detail, dict) and any(key.lower() in ("tag", "name", "revision") for key in detail):
            return True
        if isinstance(detail, str) and re.search(r"unknown (?:tag|manifest|revision)", detail):
            return True
    return False


def _names(accept_header: str, media_type: str) -> bool:
    return media_type in accept_header or re.search(r"application/\*", accept_header) is not None


def missing(scene: Scene) -> Iterator[Finding]:
    """404: the tag, the repository, the endpoint or the whole path, told apart by the error code if there is one."""
    judged = scene.refusal
    if judged is None or judged.status != 404 or judged.role is Role.TOKEN:
        return
    codes = {entry.code.upper() for entry in judged.errors}
    repository = repository_of(judged.path)
    status = scene.proof(judged, "status", "status", 404)
    body = scene.proof(judged, "body", "body", judged.body.text[:200] if judged.body.data else "(empty)")
    url = scene.proof(judged, "url", "URL", judged.url)
    if "NAME_UNKNOWN" in codes or (judged.role in (Role.TAGS, Role.REFERRERS) and codes & {"NOT_FOUND", "UNKNOWN"}):
        yield _repository_missing(scene, repository, [status, body])
    elif codes & {"MANIFEST_UNKNOWN", "MANIFEST_BLOB_UNKNOWN"}:
        target = judged.path.rpartition("/manifests/")[2]
        yield proven(
            "manifest-unknown",
            f"There is no {shown(target) or 'such tag'}",
            f"The repository {shown(repository)} answered, and it has no tag or digest {shown(target)}. "
            "A name without a tag stands for latest, which nobody need ever have pushed.",
            [status, body],
            Fix("List the tags and take one of them.", (tags_command(scene),)),
        )
    elif "BLOB_UNKNOWN" in codes:
        yield proven(
            "manifest-unknown",
            "The blob is not there",
            "The registry has no blob of that digest in this repository.",
            [status, body],
        )
    elif _unserved(judged):
        yield from _no_endpoint(scene, judged, [status, url])
    elif repository and not _UPPER.search(repository):
        page = judged.media_type in ("text/html", "application/xhtml+xml")
        if page or not judged.path.startswith("/v2/"):
            return
        base = _no_base_route(scene)
        if base is not None and not codes:
            yield _no_registry(scene, judged, base)
            return
        make = likely if scene.product.hides else proven
        yield make(
            "repository-not-found",
            f"There is no repository {shown(repository)}",
            f"The registry answered 404 without saying more. Usually the repository {shown(repository)} does not "
            "exist under "
            "this name.",
            [status, url],
            Fix("Check the name, or list what is there.", (tags_command(scene),)),
        )


def empty_tags(scene: Scene) -> Iterator[Finding]:
    """200 and an empty tag list: olareg and some caches answer so for a repository that does not exist (distribution
    says ``null`` for one whose tags are all gone, and 404 for an unknown one)."""
    judged = scene.last
    if judged is None or judged.status != 200 or judged.role is not Role.TAGS or ("n", "0") in judged.query:
        return
    try:
        value = loads(judged.body.data)
    except ValueError:
        return
    if not isinstance(value, dict) or value.get("tags") != []:
        return
    name = repository_of(judged.path)
    yield likely(
        "repository-not-found",
        f"{shown(name)} has no tags: probably it does not exist",
        "The registry answered 200 with an empty list of tags. Some registries answer so for every name that they do "
        "not "
        "know, instead of 404. A manifest request for a tag would tell.",
        [scene.proof(judged, "body", "body", judged.body.text[:200])],
        Fix("Check the name, with its namespace."),
    )


def method(scene: Scene) -> Iterator[Finding]:
    """405: the path is there, the method is not (distribution serves ``_catalog`` for GET alone)."""
    judged = scene.refusal
    if judged is None or judged.status != 405 or judged.role is Role.TOKEN:
        return
    allowed = judged.response_headers.get("allow", "")
    yield proven(
        "endpoint-unsupported",
        f"{judged.method or 'This method'} is not offered here",
        f"405 means that the path exists and does not take {judged.method or 'this method'}"
        + (f"; it takes {shown(allowed)}." if allowed else ".")
        + " A registry that takes no DELETE has deletion switched off (storage.delete.enabled).",
        [scene.proof(judged, "status", "status", 405), scene.proof(judged, "url", "URL", judged.url)],
        Fix(
            "Use a method that is offered" + (f": {shown(allowed)}." if allowed else ", such as GET."),
            (f"curl -i {quoted(judged.url or '')}",),
        ),
    )


def _no_base_route(scene: Scene) -> Exchange | None:
    """The request for ``/v2/`` of a server that does not have it: 404, with nothing that a registry says."""
    return next(
        (
            exchange
            for exchange in scene.requests
            if exchange.path.rstrip("/") == "/v2" and exchange.status == 404 and not exchange.errors
            if not exchange.response_headers.all("docker-distribution-api-version")
        ),
        None,
    )


def _no_registry(scene: Scene, judged: Exchange, base: Exchange) -> Finding:
    """What has no base route is no registry (OCI distribution-spec, "Determining Support": 200, or 401)."""
    host = scene.registry or "this host"
    return proven(
        "wrong-host",
        f"No registry answers at {host}",
        f"A registry answers GET /v2/ with 200 or 401, whatever it holds; {host} does not know that path. Something "
        "else listens there, or the registry has another port, host or path.",
        [
            scene.proof(base, "status", "GET /v2/, status", base.status),
            scene.proof(judged, "url", "URL", judged.url),
            scene.proof(judged, "status", "status", judged.status),
        ],
        Fix(
            "Find the registry's own host and port; what answers 200 or 401 here is one.",
            (f"curl -i {quoted((base.url or '').rstrip('/') + '/')}",) if base.url else (),
        ),
    )


def _repository_missing(scene: Scene, repository: str, evidence: list[Proof]) -> Finding:
    push = scene.action == "push"
    create = _create_words(scene, repository)
    return proven(
        "repository-not-found",
        f"There is no repository {shown(repository)}",
        f"The registry says that it has no repository of the name {shown(repository)}. "
        + (create if push else "A name is path and all: check its namespace or project."),
        evidence,
        Fix(create or "Check the name.", _create_commands(scene, repository)),
    )


def _create_words(scene: Scene, repository: str) -> str:
    if scene.product.creates:
        return f"Check the name {shown(repository)}: letter for letter, with its namespace or project."
    return f"{scene.product.name} does not create {shown(repository)} on a push: create it first, or mend the name."


def _create_commands(scene: Scene, repository: str) -> tuple[str, ...]:
    if scene.product.key == "ecr":
        return (f"aws ecr create-repository --repository-name {repository or '<name>'}",)
    if scene.product.key == "gar":
        return ("gcloud artifacts repositories create <name> --repository-format=docker --location=<region>",)
    return (f"docker search {repository}",) if scene.is_hub and repository else ()


def tags_command(scene: Scene) -> str:
    """How to list the tags, with this tool."""
    host = "docker.io" if scene.is_hub else scene.registry or "<registry>"
    return f"reglens tags {host}/{fixes.repository(scene) or '<repository>'}"


def _unserved(exchange: Exchange) -> bool:
    path = exchange.path.rstrip("/")
    return path.endswith("/_catalog") or "/referrers/" in path


def _no_endpoint(scene: Scene, judged: Exchange, evidence: list[Proof]) -> Iterator[Finding]:
    catalogue = judged.path.rstrip("/").endswith("/_catalog")
    what = "list its repositories (/v2/_catalog)" if catalogue else "list referrers (/v2/…/referrers/)"
    yield proven(
        "endpoint-unsupported",
        "The registry does not offer this endpoint",
        f"This registry does not {what}: it answers 404 for the path itself, whoever asks.",
        evidence,
        Fix(
            "Use the registry's own listing instead." if catalogue else "Read the tag sha256-<digest> instead.",
            (_catalogue(scene),) if catalogue and scene.product.catalog else (),
        ),
    )


def _catalogue(scene: Scene) -> str:
    namespace = scene.repository.partition("/")[0] or "<namespace>"
    forge = split_url((scene.bearer.realm if scene.bearer else "") or "").netloc or "<gitlab>"
    text = re.sub(
        r"\{(\w+)\}",
        r"<\1>",
        scene.product.catalog.replace("{registry}", scene.registry or "<registry>")
        .replace("{namespace}", namespace)
        .replace("{gitlab}", forge),
    )
    return f"curl -s {quoted(text)}" if text.startswith("http") else text


def nested(scene: Scene) -> Iterator[Finding]:
    """A cache's answer that carries its upstream's refusal in the detail (distribution, registry/proxy): what the
    upstream was asked for stands there."""
    refusal = scene.refusal
    if refusal is None:
        return
    for entry in refusal.errors:
        inner = entry.detail.get("errors") if isinstance(entry.detail, dict) else None
        if not isinstance(inner, list) or not inner:
            continue
        body = scene.proof(refusal, "body", "body, detail", str(inner)[:200])
        name = next((n for e in inner if isinstance(e, dict) and (n := _asked_name(e.get("detail")))), "")
        if name and "/" not in name:
            yield proven(
                "library-prefix",
                "The cache asked Docker Hub for a name without library/",
                f"The refusal is the upstream's: the cache asked for {shown(name)!r}, and Docker Hub's official "
                "images are called "
                f"library/{shown(name)}. A cache passes the name on as it is.",
                [body],
                Fix(
                    f"Name the repository library/{name} at the cache too.",
                    ("curl -i " + quoted(fixes.resource_url(scene).replace(f"/v2/{name}/", f"/v2/library/{name}/")),),
                ),
            )
        yield (likely if name and "/" not in name else proven)(
            "upstream-failed",
            "The cache's upstream refused",
            "The registry is a cache, and the error in its answer is that of its own upstream.",
            [body],
            Fix(
                "Give the cache credentials for its upstream, or mend the name.",
                ("proxy:\n  remoteurl: https://registry-1.docker.io\n  username: <user>\n  password: <access token>",),
            ),
        )


def _asked_name(detail: object) -> str:
    entries = detail if isinstance(detail, list) else [detail]
    return next((str(e["Name"]) for e in entries if isinstance(e, dict) and e.get("Name")), "")


def catalogue(scene: Scene) -> Iterator[Finding]:
    """Docker Hub, and registries like it, grant ``registry:catalog:*`` to nobody."""
    wants = any(s.type == "registry" and s.name == "catalog" for s in (*scene.needed, *(scene.requested or ())))
    judged = scene.judged
    asked = judged is not None and judged.path.rstrip("/").endswith("/_catalog")
    if scene.ok or not (wants or asked) or scene.product.key not in ("hub", "ghcr", "ecr", "gar", "gitlab"):
        return
    where = judged or scene.grant
    yield likely(
        "endpoint-unsupported",
        f"{scene.product.name} does not list its repositories",
        f"{scene.product.name} has no catalogue of /v2/_catalog for callers like this one: it never grants "
        "registry:catalog:*. "
        "Its own API lists repositories.",
        [scene.proof(where, "url", "URL", where.url if where else "")],
        Fix("List repositories in another way.", (_catalogue(scene),) if scene.product.catalog else ()),
    )


RULES = (name, accept, missing, method, nested, empty_tags, catalogue)
