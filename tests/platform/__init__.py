"""A hostile fake of the WeChat platform on loopback.

Written from shared/WECHAT.md alone: it signs, encrypts, writes and reads XML with code of its own and imports
nothing of `wechat/`, so that the product and its tests can't agree on a shared mistake.
`test_fake_platform.py` ties it to the official vectors.
"""
