"""WeChat 微信小店, 视频号小店 (api.weixin.qq.com). `WeChat` is its adapter."""

from stockwatch.channels.wechat.adapter import WeChat

__all__ = ["WeChat"]
