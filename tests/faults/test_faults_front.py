"""Behind nginx, with the file that operators get: pushes pass, nothing personal is logged."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.faults.conftest import Starter, wechat_for
from tests.faults.waiting import until
from tests.platform.accounts import SignedRequest
from tests.platform.wire import HttpAnswer
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, ROOT, Clock, Here, a_free_port

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
HOST = "hall.example.gov.cn"
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


def write_certificate(certificate: Path, key: Path) -> None:
    made = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(made.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(made, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key.write_bytes(made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))


def configuration(folder: Path, program: Here, tls_port: int, plain_port: int) -> str:
    """The operators' file with this machine's ports and folders, inside the least that nginx wants."""
    site = (ROOT / "packaging" / "nginx.conf").read_text(encoding="utf-8")
    for was, becomes in (
        ("listen 443 ssl", f"listen 127.0.0.1:{tls_port} ssl"),
        ("listen 80;", f"listen 127.0.0.1:{plain_port};"),
        ("127.0.0.1:8080", f"127.0.0.1:{program.address.port}"),
        (f"/etc/ssl/{HOST}.pem", f"{folder}/certificate.pem"),
        (f"/etc/ssl/private/{HOST}.key", f"{folder}/key.pem"),
        ("/var/log/nginx/", f"{folder}/"),
    ):
        assert was in site, was
        site = site.replace(was, becomes)
    temporary = " ".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/start.log;\n"
        f"events {{}}\nhttp {{ {temporary}\n{site}\n}}\n"
    )


@dataclass(frozen=True, slots=True)
class Front:
    """nginx before a program."""

    program: Here
    folder: Path
    tls_port: int
    plain_port: int
    session: aiohttp.ClientSession

    async def ask(self, request: SignedRequest, method: str = "POST") -> HttpAnswer:
        async with self.session.request(
            method,
            f"https://127.0.0.1:{self.tls_port}{request.path}",
            params=request.query,
            data=request.body if method == "POST" else None,
            headers={"Host": HOST, "Content-Type": request.content_type},
        ) as answer:
            return HttpAnswer(answer.status, dict(answer.headers), await answer.read())

    async def page(self, path: str) -> int:
        return (await self.ask(SignedRequest(path, {}, b""), "GET")).status

    def logs(self) -> str:
        return "".join(path.read_text(encoding="utf-8") for path in self.folder.glob("*.log"))


@pytest.fixture
async def front(start: Starter, tmp_path: Path) -> AsyncIterator[Front]:
    assert NGINX is not None
    folder = tmp_path / "nginx"
    folder.mkdir()
    write_certificate(folder / "certificate.pem", folder / "key.pem")
    tls_port, plain_port = a_free_port(), a_free_port()
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with start.here() as program:
        written = folder / "nginx.conf"
        written.write_text(configuration(folder, program, tls_port, plain_port), encoding="utf-8")
        nginx = await asyncio.create_subprocess_exec(
            *(NGINX, "-c", str(written), "-p", str(folder), "-e", f"{folder}/start.log"),
            stdin=asyncio.subprocess.DEVNULL,
        )
        connector = aiohttp.TCPConnector(ssl=trusting)
        async with aiohttp.ClientSession(connector=connector) as session:
            shown = Front(program, folder, tls_port, plain_port, session)
            try:
                await until(lambda: _listens(tls_port, nginx, shown))
                yield shown
            finally:
                if nginx.returncode is None:
                    nginx.terminate()
                await nginx.wait()


async def _listens(port: int, nginx: asyncio.subprocess.Process, front: Front) -> bool:
    assert nginx.returncode is None, front.logs()
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_pushes_pass_and_leave_no_trace_in_the_logs(front: Front, clock: Clock) -> None:
    wechat = wechat_for(front.program, clock=clock)
    signed = wechat.sign(wechat.text("oPersonBehindNginx", KNOWN_QUESTION))
    answered = await front.ask(signed)
    assert (answered.status, b"<Encrypt>" in answered.body) == (200, True)
    forged = await front.ask(
        SignedRequest(signed.path, {**signed.query, "msg_signature": "0" * 40}, signed.body)
    )
    assert forged.status == 403
    stored = await front.program.stores.turns.unanswered(since=clock() - timedelta(days=1), limit=9)
    assert stored == ()
    assert await front.program.count("turns", status="done") == 1
    turn = await front.program.stores.mongo.collection("turns").find_one({})
    assert turn is not None
    assert KNOWN_ANSWER in str(turn["parts"])
    logs = front.logs()
    assert '"POST /wechat/official" 200' in logs
    for hidden in ("openid", "oOpenidOfTheAddress", signed.query["msg_signature"], signed.query["nonce"]):
        assert hidden not in logs


async def test_a_program_that_is_away_leaves_no_query_in_the_error_log(front: Front, clock: Clock) -> None:
    wechat = wechat_for(front.program, clock=clock)
    config = front.folder / "nginx.conf"
    assert "error.log crit;" in config.read_text(encoding="utf-8")
    await front.program.parts.app.shutdown()
    signed = wechat.sign(wechat.text("oPersonBehindNginx", KNOWN_QUESTION))
    await front.ask(signed)
    assert signed.query["msg_signature"] not in front.logs()


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/simulator"])
async def test_what_is_for_the_machine_alone_is_not_shown(front: Front, path: str) -> None:
    assert await front.page(path) == 404
    assert await front.page("/healthz") == 200


async def test_a_push_that_is_too_large_ends_at_the_front(front: Front, clock: Clock) -> None:
    wechat = wechat_for(front.program, clock=clock)
    signed = wechat.sign(wechat.text("oLarge", KNOWN_QUESTION))
    assert (await front.ask(SignedRequest(signed.path, signed.query, b"x" * 65_537))).status == 413


async def test_plain_http_is_sent_to_https(front: Front) -> None:
    address = f"http://127.0.0.1:{front.plain_port}/guides"
    async with front.session.get(address, headers={"Host": HOST}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/guides")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
async def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = (ROOT / "packaging" / "lingjuli.service").read_text(encoding="utf-8")
    ours = tmp_path / "lingjuli.service"
    ours.write_text(unit.replace("/opt/lingjuli/.venv/bin/python", "/bin/sh"), encoding="utf-8")
    checked = await asyncio.to_thread(
        subprocess.run,
        ["systemd-analyze", "verify", str(ours)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
