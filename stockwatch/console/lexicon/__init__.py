"""The interface's words, grouped by where they are shown. Read them through `stockwatch.console.words`."""
