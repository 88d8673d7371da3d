"""TikTok Shop (open-api.tiktokglobalshop.com). `TikTok` is its adapter."""

from stockwatch.channels.tiktok.adapter import TikTok

__all__ = ["TikTok"]
