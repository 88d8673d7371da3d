"""Topics of room.toml: every table and key, from the schema that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stockwatch.config.problems import Words
from stockwatch.config.schema import ROOT
from stockwatch.config.tables import Key, Table, header, walk
from stockwatch.topics.topic import Topic


def topics() -> Iterator[Topic]:
    for path, table in walk(ROOT):
        dotted = ".".join(path)
        if not path:
            yield Topic("room.toml", ("room.toml",), table.about, _tables)
            continue
        yield Topic("room.toml", (header(path, table), dotted), table.about, _keys_of(path, table))
        for key in table.keys:
            yield Topic("room.toml", (f"{dotted}.{key.name}",), key.about, _example_of(path, table, key))


def _tables() -> Words:
    written = [(header(path, table), table.about) for path, table in walk(ROOT) if path]
    width = max(len(name) for name, _ in written)
    en = "\n".join(f"  {name:<{width}}  {about.en}" for name, about in written)
    zh = "\n".join(f"  {name:<{width}}  {about.zh}" for name, about in written)
    return Words(en, zh)


def _keys_of(path: tuple[str, ...], table: Table) -> Callable[[], Words]:
    """Its keys with an example each, and the tables inside it."""

    def body() -> Words:
        en = [f"  {key.name} = {key.example}\n      {_needed(key).en} {key.about.en}" for key in table.keys]
        zh = [f"  {key.name} = {key.example}\n      {_needed(key).zh}{key.about.zh}" for key in table.keys]
        for inner in table.tables:
            name = header((*path, inner.name), inner)
            en.append(f"  {name}\n      {inner.about.en}")
            zh.append(f"  {name}\n      {inner.about.zh}")
        return Words("\n".join(en), "\n".join(zh))

    return body


def _example_of(path: tuple[str, ...], table: Table, key: Key) -> Callable[[], Words]:
    def body() -> Words:
        example = f"  {header(path, table)}\n  {key.name} = {key.example}"
        if table.inline:
            example = f"  {table.name} = [{{ {key.name} = {key.example} }}]"
        return Words(f"  {_needed(key).en}\n{example}", f"  {_needed(key).zh}\n{example}")

    return body


def _needed(key: Key) -> Words:
    return Words("Required.", "必填。") if key.required else Words("Optional.", "可不写。")
