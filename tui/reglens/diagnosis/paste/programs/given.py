"""What a call is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reglens.diagnosis.paste.programs.syntax import Node
from reglens.diagnosis.paste.programs.values import (
    Value,
)
from reglens.diagnosis.paste.requests import Argument as Text

if TYPE_CHECKING:
    from reglens.diagnosis.paste.programs.evaluate import Evaluator


@dataclass(slots=True)
class Given:
    """What a call is given: values in their order, and those given by name."""

    values: list[tuple[Value, Node]]
    named: dict[str, tuple[Value, Node]] = field(default_factory=dict)

    def value(self, place: int) -> Value:
        return self.values[place][0] if place < len(self.values) else None

    def text(self, ev: Evaluator, place: int) -> Text:
        value, node = self.values[place]
        return ev.text(value, node)

    def constant(self, ev: Evaluator, place: int) -> Text | None:
        """A text, or the last part of a constant's name."""
        return ev.key(self.values[place][1]) if place < len(self.values) else None
