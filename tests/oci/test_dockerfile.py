"""Histories as Dockerfile text."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from reglens.oci.config import ImageConfig, parse_config
from reglens.oci.dockerfile import dockerfile
from support.manifests import config


def history(*steps: str) -> ImageConfig:
    return parse_config(json.dumps({"history": [{"created_by": step} for step in steps]}).encode())


def test_both_builders_steps_become_instructions() -> None:
    assert dockerfile(config()).splitlines()[1:] == [
        "FROM scratch",
        "ADD file:33ebe56b967747a9 in /",
        'CMD ["/bin/sh"]',
        "COPY docker-entrypoint.sh /",
        "RUN apk add --no-cache python3",
        "ENV LANG=C.UTF-8",
        "COPY . /app",
        "RUN rm -rf /var/cache",
    ]


def test_ports_are_written_as_people_do() -> None:
    assert "EXPOSE 443/tcp 80/tcp\n" in dockerfile(history("EXPOSE map[443/tcp:{} 80/tcp:{}]"))


def test_what_is_no_instruction_is_a_comment_and_lines_are_continued() -> None:
    text = dockerfile(history("Apply image 10.0\nFROM evil", "RUN a\nb"))
    assert "# Apply image 10.0\n# FROM evil\n" in text
    assert "RUN a \\\nb\n" in text


@given(st.lists(st.text(max_size=40), max_size=5))
def test_no_history_makes_it_raise_or_adds_a_base(steps: list[str]) -> None:
    text = dockerfile(history(*steps))
    assert text.split("\n")[1] == "FROM scratch"
