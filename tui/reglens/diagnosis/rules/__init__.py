"""The rules, a module for each family. `ALL` are asked first, in an order that decides nothing; `LATE` know what those
found, and speak of what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from reglens.diagnosis.finding import Finding
from reglens.diagnosis.rules import (
    access,
    candidates,
    configuration,
    credentials,
    header,
    pipeline,
    places,
    realm,
    reports,
    request,
    resource,
    served,
    server,
    shell,
    signature,
    token,
    way,
)
from reglens.diagnosis.scene import Scene

Rule = Callable[[Scene], Iterable[Finding]]
LateRule = Callable[[Scene, Mapping[str, Finding]], Iterable[Finding]]

ALL: tuple[Rule, ...] = (
    *shell.RULES,
    *request.RULES,
    *header.RULES,
    *token.RULES,
    *access.RULES,
    *signature.RULES,
    *credentials.RULES,
    *resource.RULES,
    *way.RULES,
    *realm.RULES,
    *server.RULES,
    *served.RULES,
    *configuration.RULES,
    *pipeline.RULES,
    *places.RULES,
    *reports.RULES,
)
LATE: tuple[LateRule, ...] = (header.broken_off, candidates.remaining, reports.vague)
