"""Ready commands with this person's registry, repository and user name in them."""

from __future__ import annotations

from reglens.diagnosis import products, told
from reglens.diagnosis.finding import Fix
from reglens.diagnosis.scene import Scene
from reglens.oci import media
from reglens.oci.reference import HUB_LIBRARY
from reglens.oci.scope import Scope
from reglens.trace.curl import quoted, token_url
from reglens.trace.plain import plain

ACCEPT = ", ".join((media.OCI_INDEX, media.OCI_MANIFEST, media.DOCKER_LIST, media.DOCKER_MANIFEST))
TOKEN_FIELD = "jq -r '.token // .access_token'"  # noqa: S105 - a filter, not a secret
HUB_REALM = "https://auth.docker.io/token"


def repository(scene: Scene) -> str:
    """The repository as it should be asked for: with ``library/`` where Docker Hub needs it."""
    name = scene.repository
    if name and scene.speaks_for_hub and "/" not in name:
        return HUB_LIBRARY + name
    return name.lower() if name else ""


def base_url(scene: Scene) -> str:
    """Scheme and host of the registry's API."""
    for exchange in (scene.judged, *reversed(scene.requests)):
        if exchange is not None and exchange.url and exchange.follows is None and exchange.path.startswith("/v2"):
            scheme = exchange.url.partition("://")[0]
            host = plain(exchange.host) or "<registry>"
            return f"{scheme if scheme in ('http', 'https') else 'https'}://{host}"
    return f"https://{scene.registry or '<registry>'}"


def scopes(scene: Scene) -> tuple[Scope, ...]:
    """The scopes to request: those that are needed, with the repository's right name."""
    name = repository(scene)
    needed = scene.needed or (Scope.repository(name, *_actions(scene)),) if name else scene.needed
    return tuple(
        Scope(s.type, name, s.actions) if s.type == "repository" and s.name == scene.repository else s for s in needed
    )


def _actions(scene: Scene) -> tuple[str, ...]:
    return {"push": ("pull", "push"), "delete": ("delete",)}.get(scene.action, ("pull",))


def realm(scene: Scene) -> str:
    """The token server's URL: the challenge's, else that of the token request, else Docker Hub's."""
    if scene.bearer is not None and scene.bearer.realm:
        return scene.bearer.realm
    if scene.grant is not None and scene.grant.url:
        return scene.grant.url.partition("?")[0]
    configured = told.setting(scene.evidence, "realm")
    if configured:
        return configured
    asked = told.token_url(scene.evidence).partition("?")[0]
    if asked:
        return base_url(scene) + asked if asked.startswith("/") else asked
    return HUB_REALM if scene.is_hub else f"https://{scene.registry or '<registry>'}/token"


def service(scene: Scene) -> str | None:
    """The service to request: the challenge's, else the one known of the product."""
    if scene.bearer is not None:
        return scene.bearer.service
    return scene.asked_service or scene.product.service or scene.requested_service or None


def token_command(scene: Scene, *, login: bool | None = None, more: tuple[Scope, ...] = ()) -> str:
    """The token request as it should be, for the scopes needed and `more`, as a curl command in one pair of quotes."""
    url = token_url(realm(scene), service(scene), (*scopes(scene), *more))
    user = scene.username if scene.username not in ("", "(anonymous)") else ""
    with_login = login if login is not None else bool(user) and scene.anonymous is False
    who = f"-u {quoted(user or '<user>')} " if with_login else ""
    return f"curl -s {who}{_double(url)}"


def _double(url: str) -> str:
    """The URL in quotes even where no character needs them: what is learnt here is to quote it."""
    word = quoted(url)
    return word if word[:1] in "\"'" else f'"{word}"'


def resource_url(scene: Scene) -> str:
    """The URL of the request that failed, with the repository's right name."""
    judged = scene.judged
    name, right = scene.repository, repository(scene)
    if judged is not None and judged.url and judged.path.startswith("/v2/"):
        url = judged.url
        return url.replace(f"/v2/{name}/", f"/v2/{right}/", 1) if name != right else url
    wanted = scene.wanted
    target = wanted.target if wanted is not None else "latest"
    return f"{base_url(scene)}/v2/{right or '<repository>'}/manifests/{target}"


def resource_command(scene: Scene, variable: str = "$TOKEN") -> str:
    """The request that failed, with the token in a variable."""
    judged = scene.judged
    method = (judged.method or "GET") if judged is not None else "GET"
    verb = {"GET": "", "HEAD": "-I "}.get(method, f"-X {method} ")
    url = resource_url(scene)
    accept = f'-H "Accept: {ACCEPT}" ' if "/manifests/" in url and method in ("GET", "HEAD") else ""
    return f'curl -i {verb}-H "Authorization: Bearer {variable}" {accept}{quoted(url)}'


def exchange_commands(scene: Scene, *, login: bool | None = None, more: tuple[Scope, ...] = ()) -> tuple[str, ...]:
    """Both steps: the token into a variable, and the request that uses it."""
    return (f"TOKEN=$({token_command(scene, login=login, more=more)} | {TOKEN_FIELD})", resource_command(scene))


def login_command(scene: Scene, host: str = "") -> str:
    """The command that logs in at this kind of registry; at `host` where it is not known which is meant."""
    registry = scene.registry or host or "<registry>"
    user = quoted(scene.username) if scene.username not in ("", "(anonymous)") else "<user>"
    parts = registry.split(".")
    region = parts[3] if scene.product is products.ECR and len(parts) > 3 else "<region>"
    form = scene.product.login
    if scene.product is products.HUB and not scene.is_hub:
        form = "docker login {registry} -u {user}"
    command = form.format(registry=registry, user=user, region=region, name=parts[0])
    return _in_words_of(_client(scene), command, "docker.io" if scene.is_hub else registry)


LOGINS = {
    "podman": "podman login",
    "buildah": "buildah login",
    "skopeo": "skopeo login",
    "nerdctl": "nerdctl login",
    "helm": "helm registry login",
    "oras": "oras login",
    "crane": "crane auth login",
    "regctl": "regctl registry login",
}
"""How clients log in that keep credentials of their own (their manual pages)."""


def _client(scene: Scene) -> str:
    """The client in the evidence that has a login of its own; ``""`` for docker."""
    programs = [command.program for command in scene.evidence.commands]
    names = programs or [report.teller for report in scene.evidence.reports]
    return next((name for name in names if name in LOGINS), "") if "docker" not in programs else ""


def _in_words_of(client: str, command: str, host: str) -> str:
    """docker's login as another client writes it; only docker takes Docker Hub when no host is named."""
    if not client or "docker login" not in command:
        return command
    other = command.replace("docker login", LOGINS[client])
    return other if host in command else f"{other} {host}"


def login(scene: Scene, text: str) -> Fix:
    """A fix whose command is the login."""
    return Fix(text, (login_command(scene),))


def retry(scene: Scene) -> str:
    """The client's own command for what was wanted: docker pull, push."""
    wanted = scene.wanted
    if wanted is None:
        return ""
    verb = "push" if scene.action == "push" else "pull"
    return f"docker {verb} {wanted.pullable}"
