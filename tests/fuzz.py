"""Hunts for input that breaks a parser, and keeps what it finds.

    python tests/fuzz.py [PARSER …] [--seconds N] [--seed N]   changed real inputs, until the time is up
    python tests/fuzz.py --add PARSER FILE                     keep a file that broke something

What breaks a parser goes to ``tests/corpus/PARSER/``, under a name made of its digest; `tests/test_parsers.py` replays
all of it from then on. Shorten a find before it is committed, and give it a name that says what it is.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tui")]

from support.mutations import mutate  # noqa: E402
from support.parsers import PARSERS  # noqa: E402

CORPUS = Path(__file__).parent / "corpus"


def keep(parser: str, data: bytes) -> Path:
    """Put an input into the corpus."""
    path = CORPUS / parser / hashlib.sha256(data).hexdigest()[:12]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def hunt(name: str, seconds: float, rng: random.Random) -> int:
    """Try changed inputs of one parser; how many broke it, each kind of failure counted once."""
    parser, end, tried = PARSERS[name], time.monotonic() + seconds, 0
    kinds: set[str] = set()
    while time.monotonic() < end:
        data = mutate(parser, rng)
        tried += 1
        try:
            parser(data)
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} {Path(frame.filename).name}:{frame.lineno}"
            if kind not in kinds:
                kinds.add(kind)
                print(f"{name}: {kind}: {str(error)[:200]}  {keep(name, data)}")
    print(f"{name:16}{tried:8} tried, {len(kinds)} kinds of failure")
    return len(kinds)


def main() -> int:
    """The command line."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("parsers", nargs="*", metavar="PARSER", help=", ".join(PARSERS))
    reader.add_argument("--seconds", type=float, default=10, help="for each parser")
    reader.add_argument("--seed", type=int, default=None)
    reader.add_argument("--add", nargs=2, metavar=("PARSER", "FILE"))
    given = reader.parse_args()
    if given.add:
        print(keep(given.add[0], Path(given.add[1]).read_bytes()))
        return 0
    rng = random.Random(given.seed)
    return min(1, sum(hunt(name, given.seconds, rng) for name in given.parsers or PARSERS))


if __name__ == "__main__":
    sys.exit(main())
