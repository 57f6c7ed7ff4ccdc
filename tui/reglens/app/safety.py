"""The last gate before the terminal: nothing that could steer it passes, whatever widget it came through.

Textual and Rich let ESC, C1 controls, bidirectional overrides and their like through from every widget. Server text is
cleaned where it enters (`reglens.text.clean`); this filter is the second layer, for whatever was forgotten.
"""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""C0, DEL, C1, soft hyphen, zero-width and bidirectional controls, line separators, surrogates, tags."""


class ControlFilter(LineFilter):
    """Replaces each steering character of a line by U+FFFD and drops hyperlinks that do not lead to http or https."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        for index, segment in enumerate(segments):
            text, style, control = segment
            if control is None and not text.isprintable() and _STEERING.search(text):
                segments = list(segments)
                segments[index] = Segment(_STEERING.sub("\ufffd", text), style)
            if style is not None and style.link and not style.link.startswith(("http://", "https://")):
                segments = list(segments)
                segments[index] = Segment(segments[index].text, style.update_link(None))
        return segments
