"""Runs a command at a terminal of its own and types an answer once it asks; prints all that the terminal showed
and whether it shows what is typed again afterwards."""
import json
import os
import pty
import sys
import termios

answer, command = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown = b""
while b"PIN of" not in shown or not shown.endswith(b": "):
    shown += os.read(terminal, 1024)
while termios.tcgetattr(terminal)[3] & termios.ECHO:
    pass
os.write(terminal, answer.encode().decode("unicode_escape").encode("latin-1"))
echo = None
try:
    while more := os.read(terminal, 1024):
        shown += more
        echo = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
except OSError:
    pass
_, status = os.waitpid(pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), shown.decode(), echo]))
