"""`python -m reglens`."""

from reglens.cli.main import entry

if __name__ == "__main__":
    entry()
