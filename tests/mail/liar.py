"""An IMAP server over TLS that lies in one way: liar.py PORT CERTIFICATE KEY MESSAGE LIE.

LIE: "cut" gives the first piece of a message and then, twice, nothing; "long" announces half a gibibyte and sends it
for as long as anybody reads; "odd" answers with what is no IMAP and has the message in it; "stored" copies and will
not mark. Each connection is a line in the file MESSAGE.said: what was asked.
"""
import re
import socket
import ssl
import sys
import threading

port, certificate, key, path, lie = sys.argv[1:]
message = open(path, "rb").read()
state = {"cuts": 2, "gone": False}
said = open(path + ".said", "ab", buffering=0)


def serve(line):
    put = lambda text: line.sendall(text if isinstance(text, bytes) else text.encode())
    read = line.makefile("rb")
    put("* OK ready\r\n")
    while True:
        asked = read.readline()
        if not asked:
            return
        said.write(asked if b"LOGIN" not in asked else b"LOGIN\n")
        tag, _, rest = asked.decode().strip().partition(" ")
        word = rest.upper()
        if word.startswith("CAPABILITY"):
            put("* CAPABILITY IMAP4rev1 UIDPLUS %s\r\n" % ("" if lie == "stored" else "MOVE"))
        elif word.startswith("SELECT"):
            put("* %d EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n" % (not state["gone"]))
        elif word.startswith("UID SEARCH"):
            put("* SEARCH%s\r\n" % ("" if state["gone"] else " 5"))
        elif word.startswith("UID FETCH"):
            begin, count = map(int, re.search(r"<(\d+)\.(\d+)>", rest).groups())
            piece = message[begin:begin + count]
            if lie == "odd":
                put(b"* XYZZY " + message[:2000].replace(b"\n", b" ") + b"\r\n")
                continue
            if lie == "long":
                put(b"* 1 FETCH (UID 5 BODY[]<0> {500000000}\r\n")
                for _ in range(500):
                    put(bytes(1000000))
                continue
            if lie == "cut" and begin > 0 and state["cuts"]:
                state["cuts"] -= 1
            else:
                put("* 1 FETCH (UID 5 RFC822.SIZE %d BODY[]<%d> {%d}\r\n" % (len(message), begin, len(piece)))
                put(piece)
                put(")\r\n")
        elif word.startswith("UID MOVE"):
            state["gone"] = True
        elif word.startswith("UID STORE"):
            put(tag + " NO you may not\r\n")
            continue
        elif word.startswith("LOGOUT"):
            put("* BYE\r\n%s OK\r\n" % tag)
            return
        put(tag + " OK done\r\n")


def quietly(line):
    try:
        serve(context.wrap_socket(line, server_side=True))
    except (OSError, ValueError):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
listener = socket.create_server(("127.0.0.1", int(port)))
print("ready", flush=True)
while True:
    threading.Thread(target=quietly, args=(listener.accept()[0],), daemon=True).start()
