"""The JSON view: every value formatted, long lines wrapped, large documents a piece at a time."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reglens.app.widgets.json_view import AT_ONCE, MAX_DEPTH, JsonView, coloured, json_lines
from reglens.oci import media
from reglens.oci.reference import Reference
from support.manifests import digest, parsed
from support.pane_app import PaneApp

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('aé"\\ ', max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab"', max_size=4), inner, max_size=4),
    max_leaves=20,
)


def text_of(value: Any) -> str:
    return "\n".join(json_lines(value))


@given(VALUES)
def test_the_lines_are_the_document_indented(value: Any) -> None:
    assert text_of(value) == json.dumps(value, indent=2, ensure_ascii=False)


def styles(value: Any) -> dict[str, object]:
    """The pieces of the document that are styled, by their text."""
    lines = [coloured(line) for line in json_lines(value)]
    return {line.plain[span.start : span.end]: span.style for line in lines for span in line.spans}


def test_names_texts_numbers_and_words_are_told_apart() -> None:
    told = styles({"a": ["t", 1, -2.5, True, "1", "null,", 'q": 7', {}, []], "b\\": {"c: ": None}})
    assert told == {
        **dict.fromkeys(('"a"', '"b\\\\"', '"c: "'), ".json-key"),
        **dict.fromkeys(('"t"', '"1"', '"null,"', '"q\\": 7"'), ".json-text"),
        **dict.fromkeys(("1", "-2.5"), ".json-number"),
        **dict.fromkeys(("true", "null"), ".json-word"),
    }


def test_what_is_cut_is_told_in_the_style_of_what_it_was() -> None:
    told = styles({"k" * 20_000: "v" * 20_000})
    assert {text[-24:]: style for text, style in told.items()} == {
        '"… +3 616 characters'.rjust(24, "k"): ".json-key",
        '"… +3 616 characters'.rjust(24, "v"): ".json-text",
    }


@given(VALUES)
def test_a_line_is_coloured_whole(value: Any) -> None:
    for line in json_lines(value):
        assert coloured(line).plain == line


def test_depth_is_bounded() -> None:
    value: Any = 1
    for _ in range(150):
        value = [value]
    lines = list(json_lines(value))
    assert len(lines) == 2 * MAX_DEPTH + 1
    assert "nested too deeply" in "".join(lines)


def large(entries: int) -> Any:
    entry = {"mediaType": media.OCI_MANIFEST, "digest": digest(0xAB), "size": 1}
    return {"mediaType": media.OCI_INDEX, "manifests": [entry] * entries}


async def test_a_large_document_is_formatted_a_piece_at_a_time() -> None:
    manifest = parsed(large(10_000))
    assert manifest.size > 1_000_000
    app = PaneApp("manifest", lambda app: app.manifest_pane.show_manifest(Reference.parse("alpine"), manifest))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("right", "right")
        view = app.query_one(JsonView)
        await pilot.pause()
        assert view.line_count >= AT_ONCE
        while not view.complete:
            await pilot.pause(0.01)
        assert view.line_at(view.line_count - 1).plain == "}"
        await pilot.press("G")
        assert "}" in app.screen_text().split("\n")[-2]


async def test_long_lines_are_wrapped_and_wrapped_anew_when_the_width_changes() -> None:
    document = {"config": {"digest": digest(0xAB), "size": 1}}
    app = PaneApp("manifest", lambda app: app.manifest_pane.show_manifest(Reference.parse("alpine"), parsed(document)))
    async with app.run_test(size=(40, 24)) as pilot:
        await pilot.press("right")
        await pilot.pause()
        view = app.query_one(JsonView)

        def whole() -> str:
            return "".join("".join(view.line_at(y).plain.split()) for y in range(view.line_count))

        assert digest(0xAB) in whole()
        assert max(view.line_at(y).cell_length for y in range(view.line_count)) <= view.text_width
        narrow = view.line_count
        await pilot.resize_terminal(120, 24)
        await pilot.pause()
        assert view.line_count < narrow
        assert digest(0xAB) in whole()
