"""One module a command: `run(args) -> int` does it and returns the exit code. Imported only when its command runs."""
