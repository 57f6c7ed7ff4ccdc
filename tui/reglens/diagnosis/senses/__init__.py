"""What each meaning of a line says and speaks for, by the word in `Report.meaning` (`reglens.diagnosis.meanings`)."""

from __future__ import annotations

from reglens.diagnosis.senses import caller, context, resource, token, way
from reglens.diagnosis.senses.model import Sense

SENSES: dict[str, Sense] = caller.SENSES | token.SENSES | resource.SENSES | way.SENSES | context.SENSES
"""Every sense by its word."""
