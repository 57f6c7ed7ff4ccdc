"""One module a command. Each has ``run(args, output) -> int``, which gives the exit code and raises ReglensError."""
