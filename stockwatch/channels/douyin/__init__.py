"""Douyin 抖店 (openapi-fxg.jinritemai.com). `Douyin` is its adapter."""

from stockwatch.channels.douyin.adapter import Douyin

__all__ = ["Douyin"]
