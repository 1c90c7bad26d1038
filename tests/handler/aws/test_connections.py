"""Connections to servers on loopback that keep connections, close them, hang or send wrong data."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from backend.aws.connections import Connections, NoAnswer

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Amz-Crc32: 7\r\n\r\n{}"


class Server:
    """Answers each request as `behave` does, which gets the connection and what was asked; counts its connections."""

    def __init__(self, behave, context=None):
        self._behave = behave
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        self.asked = []
        self._open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            while asked := self._read(connection):
                self.asked.append(asked)
                self._behave(connection, asked)
        except OSError:
            return

    @staticmethod
    def _read(connection):
        text = b""
        while b"\r\n\r\n" not in text:
            more = connection.recv(65536)
            if not more:
                return b""
            text += more
        head, _, body = text.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def close_connections(self):
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._open.clear()

    def close(self):
        self._socket.close()
        self.close_connections()


@contextmanager
def serving(behave=lambda connection, _: connection.sendall(ANSWER), context=None):
    server = Server(behave, context)
    try:
        yield server
    finally:
        server.close()


def ask(connections, seconds=2.0):
    return connections.post(b"body", {"host": connections.host, "x-amz-target": "T"}, seconds=seconds)


def test_requests_one_after_another_share_a_connection():
    with serving() as server:
        connections = Connections(f"http://127.0.0.1:{server.port}")
        answers = [ask(connections) for _ in range(5)]
        assert {(answer.status, answer.body, answer.headers["x-amz-crc32"]) for answer in answers} == {
            (200, b"{}", "7")
        }
        assert server.connections == 1
        head = server.asked[0].decode().lower()
        assert head.startswith("post / http/1.1\r\n")
        assert head.count("\r\nhost: ") == 1
        assert f"\r\nhost: 127.0.0.1:{server.port}\r\n" in head
        assert "\r\naccept-encoding: identity\r\n" in head
        assert head.endswith("\r\n\r\nbody")


def test_requests_at_the_same_time_have_connections_of_their_own():
    together = threading.Barrier(4, timeout=5)

    def meet(connection, _):
        together.wait()
        connection.sendall(ANSWER)

    with serving(meet) as server:
        connections = Connections(f"http://127.0.0.1:{server.port}")
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(ask(connections))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answer.status for answer in answers] == [200] * 4
        assert server.connections == 4


def test_a_connection_that_the_host_closed_while_it_was_idle_is_not_used_again():
    with serving() as server:
        connections = Connections(f"http://127.0.0.1:{server.port}")
        ask(connections)
        server.close_connections()
        time.sleep(0.05)  # the end of the connection has to arrive
        assert ask(connections).status == 200
        assert server.connections == 2


def test_a_host_that_says_it_closes_is_believed():
    def close(connection, _):
        connection.sendall(ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    with serving(close) as server:
        connections = Connections(f"http://127.0.0.1:{server.port}")
        assert [ask(connections).status for _ in range(2)] == [200, 200]
        assert server.connections == 2


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (lambda connection, _: connection.close(), "RemoteDisconnected|ConnectionResetError"),
        (lambda connection, _: (connection.sendall(ANSWER[:-1]), connection.close()), "IncompleteRead"),
        (lambda connection, _: connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"), "BadStatusLine"),
        (lambda connection, _: time.sleep(1), "TimeoutError"),
        (lambda connection, _: (connection.sendall(ANSWER[:-1]), time.sleep(1)), "TimeoutError"),
    ],
    ids=["lost", "cut off", "no HTTP", "hangs", "hangs within the answer"],
)
def test_an_incomplete_answer_is_none_and_its_connection_is_closed(behave, reason):
    with serving(behave) as server:
        connections = Connections(f"http://127.0.0.1:{server.port}")
        began = time.monotonic()
        with pytest.raises(NoAnswer, match=rf"127\.0\.0\.1:{server.port}: ({reason})"):
            ask(connections, seconds=0.2)
        assert time.monotonic() - began < 0.9
        server._behave = lambda connection, _: connection.sendall(ANSWER)
        assert ask(connections).status == 200
        assert server.connections == 2


def test_a_host_that_is_not_there_is_no_answer():
    with pytest.raises(NoAnswer, match="ConnectionRefusedError"):
        ask(Connections("http://127.0.0.1:9"))  # discard: nothing answers there


def test_a_redirect_is_not_followed():
    moved = ANSWER.replace(b"200 OK", b"307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/")
    with serving(lambda connection, _: connection.sendall(moved)) as server:
        assert ask(Connections(f"http://127.0.0.1:{server.port}")).status == 307
        assert len(server.asked) == 1


def test_connections_are_kept_alive_below_http_too():
    with serving() as server:
        connections = Connections(f"http://127.0.0.1:{server.port}")
        ask(connections)
        assert connections._idle[0].sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://dynamodb.us-east-1.amazonaws.com", "dynamodb.us-east-1.amazonaws.com"),
        ("https://dynamodb.us-east-1.amazonaws.com:443", "dynamodb.us-east-1.amazonaws.com"),
        ("http://LocalHost:80", "localhost"),
        ("http://localhost:8443", "localhost:8443"),
        ("https://localhost:80", "localhost:80"),
        ("http://[::1]:4566", "[::1]:4566"),
    ],
)
def test_the_host_that_is_signed_is_botocores(address, host):
    from botocore.auth import _host_from_url

    assert Connections(address).host == host == _host_from_url(address)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certificate of 127.0.0.1, signed by itself: a file with it, and the context of a server that has it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("authority")
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "certificate.pem").write_bytes(pem)
    (folder / "both.pem").write_bytes(secret + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return str(folder / "certificate.pem"), context


def test_a_certificate_that_no_authority_signed_is_refused(authority):
    with serving(context=authority[1]) as server, pytest.raises(NoAnswer, match="SSLCertVerificationError"):
        ask(Connections(f"https://127.0.0.1:{server.port}"))
    assert server.asked == []


def test_a_certificate_of_another_host_is_refused(authority):
    with serving(context=authority[1]) as server, pytest.raises(NoAnswer, match="SSLCertVerificationError"):
        ask(Connections(f"https://localhost:{server.port}", authorities=authority[0]))
    assert server.asked == []


def test_an_authority_of_a_users_own_is_trusted_and_a_tls_connection_is_shared_too(authority):
    with serving(context=authority[1]) as server:
        connections = Connections(f"https://127.0.0.1:{server.port}", authorities=authority[0])
        assert [ask(connections).status for _ in range(3)] == [200] * 3
        assert server.connections == 1


def test_a_proxy_sees_the_host_alone(authority):
    """CONNECT, and then TLS with the host itself through the proxy."""
    with serving(context=authority[1]) as server:

        def tunnel(connection, asked):
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            onward = socket.create_connection(("127.0.0.1", server.port))
            threading.Thread(target=pump, args=(onward, connection), daemon=True).start()
            pump(connection, onward)

        with serving(tunnel) as proxy:
            connections = Connections(
                f"https://127.0.0.1:{server.port}", authorities=authority[0], proxy=f"127.0.0.1:{proxy.port}"
            )
            assert [ask(connections).status for _ in range(2)] == [200, 200]
            (asked,) = proxy.asked
            assert asked.startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.".encode())
            assert server.asked[0].startswith(b"POST / HTTP/1.1")


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        return
