"""Taobao and Tmall (TOP). `Taobao` is its adapter; pushes come over its message channel (`tmc`, `tmc_link`)."""

from stockwatch.channels.taobao.adapter import Taobao

__all__ = ["Taobao"]
