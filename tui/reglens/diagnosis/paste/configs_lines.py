"""Settings that stand in lines of their own: environment variables, nginx directives, Ruby and Apache assignments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reglens.diagnosis.evidence import Fact, Span
from reglens.diagnosis.paste.configs_read import Leaf
from reglens.diagnosis.paste.source import Line
from reglens.secret import Secret

_NAMES = (
    r"(?:REGISTRY_[A-Z0-9_]{3,80}|GITLAB_REGISTRY_[A-Z0-9_]{2,60}|(?:HTTPS?|NO|ALL|FTP)_PROXY|"
    r"(?:https?|no|all)_proxy|DOCKER_CONFIG|"
    r"DOCKER_AUTH_CONFIG|DOCKER_CONTENT_TRUST|DOCKER_HOST|REGISTRY_AUTH_FILE|XDG_RUNTIME_DIR|"
    r"CI_REGISTRY[A-Z_]{0,30}|PORTUS_[A-Z_]{3,40}|"
    r"SSL_CERT_(?:FILE|DIR)|GOOGLE_APPLICATION_CREDENTIALS|AWS_(?:PROFILE|REGION|DEFAULT_REGION)|"
    r"EXT_ENDPOINT|TOKEN_ENDPOINT|KC_HOSTNAME\w{0,20})"
)
_KNOWN_VARIABLE = re.compile(_NAMES)
_ASSIGNMENT = re.compile(
    rf"(?<![A-Za-z0-9_])(?P<name>{_NAMES})(?:\s{{0,20}}=\s{{0,3}}|(?<=[A-Z_]) (?=\S))"
    rf"[\"'“]?(?P<value>[^\s\"'“”;]{{1,1000}})"
)
_RUBY = re.compile(
    r"\s{0,20}(?P<name>(?:registry(?:_external_url|_nginx)?|gitlab_rails)(?:\[['\"]\w{1,60}['\"]\])?|"
    r"external_url)\s{0,10}(?:=\s{0,10})?['\"](?P<value>[^'\"\n]{1,300})['\"]"
)
_DIRECTIVE = re.compile(
    r"\s{0,60}(?P<name>proxy_pass|proxy_set_header|proxy_pass_header|proxy_hide_header|"
    r"client_max_body_size|server_name|listen|auth_basic|"
    r"auth_basic_user_file|auth_request|return|rewrite|add_header|ssl_certificate|ssl_certificate_key|"
    r"proxy_buffering|proxy_request_buffering|"
    r"chunked_transfer_encoding|proxy_redirect|proxy_read_timeout|location|upstream|error_page)"
    r"\s{1,20}(?P<value>[^;{\n]{1,400}?)\s{0,10}[;{]"
)


def known_variable(name: str) -> bool:
    """Whether a variable of this name matters to registries or their clients."""
    return bool(_KNOWN_VARIABLE.fullmatch(name))


def variables(leaves: Sequence[Leaf]) -> list[Fact]:
    """Variables that were found as settings of something else (compose, a pod, CI)."""
    return [fact for leaf in leaves for fact in _variable(leaf.path[-1], str(leaf.value), leaf.span)]


def assignments(lines: Sequence[Line]) -> list[Fact]:
    """``NAME=value`` wherever it stands (shell, ``-e``, systemd, Apache's ``SetEnv``), and gitlab.rb's settings."""
    facts: list[Fact] = []
    for line in lines:
        text = line.text
        if "=" in text or "SetEnv" in text:
            for found in _ASSIGNMENT.finditer(text):
                facts += _variable(found["name"], found["value"], line.span(*found.span("value")))
        if ("registry" in text or "external_url" in text) and (ruby := _RUBY.match(text)):
            facts.append(Fact("gitlab.rb", (ruby["name"],), ruby["value"], line.span(*ruby.span("value"))))
    return facts


def _variable(name: str, value: str, span: Span) -> Iterator[Fact]:
    secret = re.search(
        r"(?:PASSWORD|SECRET|SECRETKEY|ACCESSKEY|TOKEN|SECRET_KEY_BASE)$", name
    ) and not value.startswith("$")
    shown: object = Secret(value) if secret or name == "DOCKER_AUTH_CONFIG" else value
    yield Fact("environment", (name,), shown, span)
    if path := registry_path(name):
        yield Fact("config.yml", path, shown, span)


def registry_path(name: str) -> tuple[str, ...]:
    """The setting of the registry's ``config.yml`` that a ``REGISTRY_…`` variable overrides, or ``()`` (distribution,
    about/configuration.md, "Override specific configuration options")."""
    if not name.startswith("REGISTRY_") or name == "REGISTRY_AUTH_FILE":
        return ()
    parts = tuple(part.lower() for part in name.split("_")[1:] if part)
    return (
        parts
        if parts and parts[0] in ("auth", "http", "proxy", "storage", "log", "middleware", "validation", "health")
        else ()
    )


def nginx(lines: Sequence[Line]) -> list[Fact]:
    """Directives of nginx that change what passes through it."""
    facts: list[Fact] = []
    for line in lines:
        if ";" not in line.text and "{" not in line.text:
            continue
        found = _DIRECTIVE.match(line.text)
        if not found:
            continue
        name, value = found["name"], found["value"]
        if name in ("proxy_set_header", "add_header"):
            header, _, rest = value.partition(" ")
            facts.append(Fact("nginx", (name, header), rest.strip().strip("\"'"), line.span(*found.span("value"))))
        else:
            facts.append(Fact("nginx", (name,), value, line.span(*found.span("value"))))
    return facts
