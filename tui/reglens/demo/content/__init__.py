"""What the demo registry holds, made when it is asked for, the same on every machine."""
