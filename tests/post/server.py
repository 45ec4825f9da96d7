"""A mail server on loopback: STARTTLS, TLS or neither, one file for each mail that it takes, and faults on request.

usage: server.py PORT FOLDER CERTIFICATE KEY starttls|tls|open

FOLDER/mode says how it behaves now: `ok`, `half` (every other mail is answered 451), `kept` (the same, and it has the
mail all the same), `550` (no such user), `slow` (it has the mail, and answers half a minute later). To the first registered
address alone: `hang-up` (the line ends where the answer to its mail should be), `421` (the server speaks of itself when it
hears the address). FOLDER/tried has a line for each try of that address. `gone`: the address gone@boemis.test is not known.
"""
import asyncio
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

port, folder, certificate, key, how = sys.argv[1:]
folder = pathlib.Path(folder)
FIRST = "energetika-hesabat@azerenerji.test"
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


def mode():
    return (folder / "mode").read_text().strip()


class Handler:
    seen = 0
    taken = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if mode() == "550" or (mode() == "gone" and address.startswith("gone@")):
            return "550 5.1.1 no such user"
        if address == FIRST:
            with (folder / "tried").open("a") as tried:
                tried.write(mode() + "\n")
            if mode() == "421":
                return "421 4.3.2 busy"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        Handler.seen += 1
        if mode() == "hang-up" and FIRST in envelope.rcpt_tos:
            server.transport.abort()
            return "250 nobody hears it"
        refuses = Handler.seen % 2 and mode() in ("half", "kept")
        if refuses and mode() == "half":
            return "451 4.3.0 try again"
        number = len(list(folder.glob("*.eml")))
        part = folder / "part"
        part.write_bytes(envelope.content)
        (folder / f"{number:04}.to").write_text(" ".join(envelope.rcpt_tos))
        part.rename(folder / f"{number:04}.eml")
        if mode() == "slow":
            await asyncio.sleep(30)
        return "451 4.3.0 try again" if refuses else "250 2.0.0 stored"


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"window", b"secret")
    return AuthResult(success=right)


def serve():
    if how != "starttls":
        return SMTP(Handler(), hostname="localhost")
    return SMTP(
        Handler(),
        hostname="localhost",
        tls_context=context,
        require_starttls=True,
        authenticator=authenticate,
        auth_required=True,
    )


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
over = context if how == "tls" else None
loop.run_until_complete(loop.create_server(serve, "127.0.0.1", int(port), ssl=over))
print("ready", flush=True)
loop.run_forever()
