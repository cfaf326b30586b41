"""A mail server for tests, made with the PyPI package `aiosmtpd`; nothing of it is ours but this.

It wants STARTTLS and a password. What the receiver is called decides what happens:
refused@ 550; later@ 451 the first time; vanish@ the connection ends instead of the last answer;
garbage@ an answer that is none. Every message taken goes as a JSON line to stdout.
"""

import asyncio
import email
import email.policy
import json
import os
import ssl
import subprocess
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder = sys.argv[1]
certificate, key = os.path.join(folder, "mail.pem"), os.path.join(folder, "mail.key")
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key,
     "-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
     "-addext", "basicConstraints=critical,CA:FALSE"],
    check=True, stderr=subprocess.DEVNULL,
)
seen = set()


def say(what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "refused":
            return "550 5.1.1 no such user " + address
        if name == "later" and address not in seen:
            seen.add(address)
            return "451 4.7.1 come back later"
        if name == "garbage":
            return "\x00\xff nothing that was agreed \x01" * 50
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = {}
        for part in message.walk():
            if not part.is_multipart():
                parts[part.get_content_type()] = part.get_content() if part.get_content_maintype() == "text" else ""
        say({"mail": envelope.rcpt_tos, "subject": message["subject"], "parts": parts,
             "id": message["message-id"], "from": message["from"], "tls": session.ssl is not None})
        if envelope.rcpt_tos[0].startswith("vanish"):
            server.transport.abort()
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == b"baohao" and data.password == b"secret"
    say({"signed_in": good})
    return AuthResult(success=good, handled=good)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    make = lambda: SMTP(Handler(), hostname="localhost", tls_context=context, require_starttls=True,
                        authenticator=authenticate, auth_required=True, loop=loop)
    server = await loop.create_server(make, "127.0.0.1", 0)
    say({"listening": server.sockets[0].getsockname()[1]})
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
