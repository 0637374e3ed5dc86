"""The platform's API, written out by noun: each function is one call, typed both ways.

Source of paths and fields: the official pages named beside each function (shared/WECHAT.md, section 4).
"""
