"""The WeChat side: wire format, signatures and AES, rendering, API client, outbox."""
