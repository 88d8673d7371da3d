"""Shopify (NAME.myshopify.com). `Shopify` is its adapter."""

from stockwatch.channels.shopify.adapter import Shopify

__all__ = ["Shopify"]
