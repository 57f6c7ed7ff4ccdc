"""reglens: a terminal browser for container registries that explains every step of registry authentication.

The package root stays empty of imports, so that `reglens --help` costs what argparse costs.
"""

__version__ = "0.1.0"
