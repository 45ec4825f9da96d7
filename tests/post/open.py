"""Takes a mail apart: its headers as JSON, its parts as files.

usage: open.py SIGNED OPENED FOLDER: the mail as it came, what `openssl cms -verify` gave of it, and where parts go.
"""
import email
import email.policy
import json
import pathlib
import sys

signed, opened, folder = map(pathlib.Path, sys.argv[1:])
outer = email.message_from_bytes(signed.read_bytes(), policy=email.policy.default)
inner = email.message_from_bytes(opened.read_bytes(), policy=email.policy.default)
parts = []
for number, part in enumerate(inner.iter_parts()):
    path = folder / f"{signed.stem}.{number}"
    path.write_bytes(part.get_payload(decode=True))
    parts.append({"name": part.get_filename(), "type": part.get_content_type(), "path": str(path)})
headers = {name.lower(): str(value) for name, value in outer.items()}
print(json.dumps({"headers": headers, "parts": parts}))
