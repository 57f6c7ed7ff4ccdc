"""One line naming the sections of a pane, the shown one marked: a light stand-in for tabs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from reglens.app.widgets.layout import cells


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its name in the code, what is written, and a count or mark behind it."""

    name: str
    title: str
    count: str = ""


class SectionBar(Widget):
    """The sections in a row. A click asks for one; keys are the pane's."""

    @dataclass
    class Chosen(Message):
        """A click on a section."""

        name: str

    DEFAULT_CSS = """
    SectionBar {
        height: 1;
        padding: 0 1;
        & > .section { color: $foreground 60%; }
        & > .section--shown { color: $text-primary; text-style: bold underline; }
        & > .section--count { color: $foreground 55%; }
    }
    """
    COMPONENT_CLASSES = {"section", "section--shown", "section--count"}  # noqa: RUF012 - Textual's attribute

    sections: reactive[tuple[Section, ...]] = reactive(())
    shown: reactive[str] = reactive("")

    def _spans(self) -> list[tuple[int, int, Section]]:
        """The sections with the cells they take. Where they do not all fit, the first ones make room, so that the shown
        one is seen whole."""
        spans = self._placed(self.sections)
        room = max(1, self.size.width - 2)
        for start in range(len(self.sections)):
            spans = self._placed(self.sections[start:])
            end = next((stop for _, stop, section in spans if section.name == self.shown), 0)
            if end <= room:
                break
        return spans

    def _placed(self, sections: Sequence[Section]) -> list[tuple[int, int, Section]]:
        spans = []
        x = 0
        for section in sections:
            width = cells(section.title) + (cells(section.count) + 1 if section.count else 0)
            spans.append((x, x + width, section))
            x += width + 2
        return spans

    def render(self) -> Content:
        parts: list[Content | tuple[str, str] | str] = []
        for _, _, section in self._spans():
            if parts:
                parts.append("  ")
            parts.append((section.title, ".section--shown" if section.name == self.shown else ".section"))
            if section.count:
                parts.append((f" {section.count}", ".section--count"))
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        for start, stop, section in self._spans():
            if start <= event.x - 1 < stop + 1:
                self.post_message(self.Chosen(section.name))
                event.stop()
                return


def neighbour(sections: Sequence[Section], shown: str, by: int) -> str:
    """The name of the section `by` places from the shown one, around the ends."""
    names = [section.name for section in sections]
    if not names:
        return shown
    return names[(names.index(shown) + by) % len(names)] if shown in names else names[0]
