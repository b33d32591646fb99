"""A certificate for `localhost` and `api.example.test` that its own file vouches for. Of no worth outside the tests."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBtDCCAVmgAwIBAgIBATAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9wcmVzc3dv
cmsgdGVzdHMwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBoxGDAW
BgNVBAMMD3ByZXNzd29yayB0ZXN0czBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BIjp1qEdAQ5roUNCEdJuE2Jx98D0UF4qwNrJRJNUQMl+TKljNuM1soXobXikfeE0
mloqmeq8b25QKlSPb1tmUvujgY0wgYowDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8B
Af8EBAMCAoQwEwYDVR0lBAwwCgYIKwYBBQUHAwEwHQYDVR0OBBYEFPv9aisGLH6u
mAeW4nYJV7LqPLMEMDMGA1UdEQQsMCqCCWxvY2FsaG9zdIILKi5sb2NhbGhvc3SC
EGFwaS5leGFtcGxlLnRlc3QwCgYIKoZIzj0EAwIDSQAwRgIhANcpDyfxufSNTCRx
8i05bzXq0CbSEL73jl1i/0G8/qGdAiEA2BAjOo/qDzfnaDQNxkW8KvWOKbaQsRG7
GCy+gtOr/FU=
-----END CERTIFICATE-----
"""
KEY = """\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIJBsw9PJ1a29+JLhcRJ4UZa4cRB5K4eFrgs9OOgYfNBeoAoGCCqGSM49
AwEHoUQDQgAEiOnWoR0BDmuhQ0IR0m4TYnH3wPRQXirA2slEk1RAyX5MqWM24zWy
hehteKR94TSaWiqZ6rxvblAqVI9vW2ZS+w==
-----END EC PRIVATE KEY-----
"""


def server_context(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return what a server needs, and the file that `SSL_CERT_FILE` has to name for it to be trusted."""
    trusted, key = folder / "certificate.pem", folder / "key.pem"
    trusted.write_text(CERTIFICATE)
    key.write_text(KEY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, key)
    return context, trusted
