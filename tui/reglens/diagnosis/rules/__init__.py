"""The rules, a module for each family. `ALL` is the order in which they are asked; it decides nothing."""

from __future__ import annotations

from collections.abc import Mapping

from reglens.diagnosis.finding import Finding
from reglens.diagnosis.rules import access, request, token
from reglens.diagnosis.scene import Scene

ALL = (*request.RULES, *token.RULES, *access.RULES)


def superseded(found: Mapping[str, Finding], scene: Scene) -> list[str]:
    """Codes to leave out because a nearer explanation of the same fact was found."""
    return []
