"""A file of keys that won't do is told in both languages: which file, what of it, and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockwatch.channels.keys import read_keys
from stockwatch.config import ConfigError


@pytest.mark.parametrize(
    ("content", "en", "zh"),
    [
        ('app_key = "a"\napp_secert = "s3cr3t"\n', "app_secert is none of the keys; the keys are app_key, app_secret",
         "没有 app_secert 这个密钥;密钥名有 app_key, app_secret"),
        ("app_key = 33\n", 'app_key is not in quotes; write app_key = "…"',
         'app_key 的值没有加引号;写成 app_key = "…"'),
        ("", "has no app_key; the keys are", "里没有 app_key;密钥名有"),
        ('app_key = "s3cr3t', "is no TOML; write a line like", "不是 TOML;每个密钥写一行"),
        (None, "there is no such file; name the file with the keys", "没有这个文件"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_both_languages(
    tmp_path: Path, content: str | None, en: str, zh: str
) -> None:
    path = tmp_path / "douyin.keys.toml"
    if content is not None:
        path.write_text(content)
        path.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        read_keys(f"file:{path}", "douyin")
    error = caught.value
    assert en in error.text("en")
    assert zh in error.text("zh")
    for said in (error.text("en"), error.text("zh")):
        assert str(path) in said
        assert "s3cr3t" not in said


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DY_APP_KEY", raising=False)
    with pytest.raises(ConfigError) as caught:
        read_keys("env:DY", "douyin")
    assert (
        caught.value.text("zh") == "通道 douyin:secret:没有设置 DY_APP_KEY;设置 DY_APP_KEY、DY_APP_SECRET 等"
    )
