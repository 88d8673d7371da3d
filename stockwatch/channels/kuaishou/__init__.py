"""Kuaishou 快手电商 (openapi.kwaixiaodian.com). `Kuaishou` is its adapter."""

from stockwatch.channels.kuaishou.adapter import Kuaishou

__all__ = ["Kuaishou"]
