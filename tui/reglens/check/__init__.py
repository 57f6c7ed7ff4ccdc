"""The walk to a reference, step by step, with experiments that separate causes; none of them changes anything."""
