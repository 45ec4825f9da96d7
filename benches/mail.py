"""The servers, the mails and the clock of mail.sh.

  mail.py PENCERE FOLDER ONE MANY OCTETS ROUNDS

Starts dovecot (as nobody, where it is root) and an aiosmtpd that notes when it took which answer, makes a trial window
that reads the one and answers by the other, and measures. Ends all that it started.
"""
import email.message
import email.parser
import getpass
import grp
import imaplib
import os
import pathlib
import pwd
import re
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import threading
import time

from aiosmtpd.controller import Controller

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import loading  # noqa: E402  the document of many records

PASSWORD = "secret"
USER = "office"
ADDRESS = "hesabat@azerenerji.test"
PATIENCE = 600


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def certificate(folder, name, *more):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", "/CN=localhost", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt",
         *(word for one in more for word in ("-addext", one))],
        check=True, capture_output=True)


class Dovecot:
    """The server with the mailbox."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("run", "state", "mail"):
            (folder / name).mkdir(parents=True)
        certificate(folder, "dovecot", "subjectAltName=DNS:localhost")
        self.port = free_port()
        is_root = os.geteuid() == 0
        user = "nobody" if is_root else getpass.getuser()
        group = grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
        (folder / "dovecot.conf").write_text(f"""
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
ssl = yes
ssl_cert = <{folder}/dovecot.crt
ssl_key = <{folder}/dovecot.key
auth_mechanisms = plain login
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {self.port}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
}}
""")
        prefix = []
        if is_root:
            subprocess.run(["chown", "-R", f"{user}:{group}", folder], check=True)
            prefix = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
        self.process = subprocess.Popen([*prefix, "/usr/sbin/dovecot", "-F", "-c", folder / "dovecot.conf"],
                                        stdin=subprocess.DEVNULL, cwd="/")
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                break
            except OSError:
                time.sleep(0.05)

    def session(self):
        context = ssl.create_default_context(cafile=self.folder / "dovecot.crt")
        session = imaplib.IMAP4_SSL("localhost", self.port, ssl_context=context)
        session.login(USER, PASSWORD)
        return session

    def end(self):
        self.process.terminate()
        self.process.wait()


class Told(threading.Thread):
    """Another reader of the mailbox, who waits with IDLE: when it was told of how many messages."""

    def __init__(self, dovecot):
        super().__init__(daemon=True)
        self.session = dovecot.session()
        self.session.select("INBOX", readonly=True)
        self.at = threading.Condition()
        self.last = 0.0
        self.session.send(b"T1 IDLE\r\n")
        assert self.session.readline().startswith(b"+")

    def run(self):
        try:
            while line := self.session.readline():
                if line.strip().endswith(b"EXISTS"):
                    with self.at:
                        self.last = time.monotonic()
                        self.at.notify_all()
        except (OSError, ValueError):
            pass  # the server ends


class Sink:
    """The mail server: when it took the answer to which message."""

    def __init__(self, folder):
        certificate(folder, "smtp", "subjectAltName=DNS:localhost", "extendedKeyUsage=serverAuth")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "smtp.crt", folder / "smtp.key")
        self.taken = {}
        self.at = threading.Condition()
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ssl_context=context)
        self.controller.start()

    async def handle_DATA(self, server, session, envelope):
        now = time.monotonic()
        head = email.parser.BytesHeaderParser().parsebytes(envelope.content)
        with self.at:
            self.taken.setdefault(head["In-Reply-To"], now)
            self.at.notify_all()
        return "250 2.0.0 taken"

    def wait(self, ids):
        """When the last of these was answered."""
        with self.at:
            done = self.at.wait_for(lambda: all(one in self.taken for one in ids), PATIENCE)
            assert done, f"{sum(one not in self.taken for one in ids)} of {len(ids)} answers did not come"
            return max(self.taken[one] for one in ids)


class Window:
    """A trial window between the two."""

    def __init__(self, pencere, folder, dovecot, sink, keys=None):
        self.pencere, self.folder = pencere, folder
        subprocess.run([pencere, "init", folder], check=True, capture_output=True)
        pki = folder / "pki"
        if keys:
            shutil.rmtree(pki)
            shutil.copytree(keys, pki)
        else:
            certificate(pki, "mail", "subjectAltName=email:window@boemis.test", "extendedKeyUsage=emailProtection")
            shutil.copy(dovecot.folder / "dovecot.crt", pki)
            shutil.copy(sink_folder / "smtp.crt", pki)
        path = folder / "pencere.toml"
        text = path.read_text()

        def put(table, key, value):
            nonlocal text
            at = text.index(f"\n[{table}]\n")
            before, after = text[:at], text[at:]
            assert f"\n{key} = " in after, key
            text = before + re.sub(rf"\n{key} = .*", lambda _: f"\n{key} = {value}", after, count=1)

        put("mail", "from", '"window@boemis.test"')
        put("mail.smtp", "server", f'"localhost:{sink.port}"')
        put("mail.smtp", "security", '"tls"')
        put("mail.smtp", "ca", '"pki/smtp.crt"')
        put("mail.sign", "certificate", '"pki/mail.crt"')
        put("mail.sign", "key", '"pki/mail.key"')
        path.write_text(text + f"""
[mail.mailboxes.office]
kind = "imap"
host = "localhost"
port = {dovecot.port}
security = "tls"
ca = "pki/dovecot.crt"
user = "{USER}"
password = "../imap.password"
""")
        (folder.parent / "imap.password").write_text(PASSWORD + "\n")
        registry = folder / "registry.toml"
        for body in ("azerenerji", "ekologiya"):
            head = f"[participants.{body}]\n"
            registry.write_text(registry.read_text().replace(
                head, f'{head}mail = "{ADDRESS}"\nanswers = ["mail"]\n'))
        self.process = None

    def start(self):
        self.process = subprocess.Popen([self.pencere, "run", "--config", self.folder / "pencere.toml"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert "ready" in self.process.stdout.readline()

    def peak(self):
        """Resident at most so far, MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def end(self):
        self.process.terminate()
        self.process.wait()


def mail(number, files):
    one = email.message.EmailMessage()
    one["From"], one["To"] = "Ofis <office@agency.example>", "window@boemis.test"
    one["Subject"], one["Message-ID"] = "Hesabat", f"<{number}@agency.example>"
    one.set_content("Salam, əlavədədir.")
    for name, octets in files:
        one.add_attachment(octets, maintype="application", subtype="octet-stream", filename=name)
    return bytes(one)


def statement(number):
    """A statement of its own: a dataset, and a quarter since the station is in service, in one of the revisions."""
    revision, at = divmod(number, 288 * 2)
    quarter, is_capacity = divmod(at, 2)
    period = f"{1954 + quarter // 4}-Q{quarter % 4 + 1}"
    dataset, element, figure = [("generation", "EnergyMWh", "1.5"), ("capacity", "CapacityMW", "424")][is_capacity]
    return (f'<Submission xmlns="urn:boemis:submission:1" id="S-1" to="trial" dataset="{dataset}" period="{period}" '
            f'revision="{revision + 1}" sender="9990000631"><Record><Station>SU-0001</Station>'
            f"<{element}>{figure}</{element}></Record></Submission>")


def signed(pencere, keys, folder, count, first):
    """So many signed statements, numbered from `first`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    paths = []
    for number in range(first, first + count):
        path = folder / f"{number}.xml"
        path.write_text(statement(number))
        paths.append(path)
    for at in range(0, count, 200):
        subprocess.run([pencere, "sign", *paths[at:at + 200], "--key", keys / "azerenerji.key",
                        "--cert", keys / "azerenerji.crt", "--out-dir", folder / "signed"],
                       check=True, capture_output=True)
    return [(number, (folder / "signed" / f"{number}.signed.xml").read_bytes()) for number in range(first, first + count)]


def spread(name, values, unit, digits):
    values = sorted(values)
    worst = values[max(0, -(-len(values) * 95 // 100) - 1)]
    print(f"{name}: median {statistics.median(values):.{digits}f} {unit} "
          f"({values[0]:.{digits}f} to {values[-1]:.{digits}f}, 95 of 100 within {worst:.{digits}f}; {len(values)})",
          flush=True)


pencere, scratch = sys.argv[1], pathlib.Path(sys.argv[2])
one, many, octets, rounds = map(int, sys.argv[3:])
sink_folder = scratch / "sink"
sink_folder.mkdir()
dovecot = Dovecot(scratch / "dovecot")
sink = Sink(sink_folder)
window = None
try:
    window = Window(pencere, scratch / "w", dovecot, sink)
    keys = scratch / "keys"
    shutil.copytree(window.folder / "pki", keys)
    session = dovecot.session()

    # one after the other
    documents = signed(pencere, keys, scratch / "one", one, 0)
    window.start()
    told = Told(dovecot)
    told.start()
    time.sleep(2)
    took, waited = [], []
    for number, document in documents:
        message = mail(number, [(f"{number}.xml", document)])
        began = time.monotonic()
        assert session.append("INBOX", None, None, message)[0] == "OK"
        delivered = time.monotonic()
        answered = sink.wait([f"<{number}@agency.example>"])
        with told.at:
            told.at.wait_for(lambda: told.last >= began, 5)
            waited.append((max(told.last, delivered) - delivered) * 1000)
        took.append((answered - delivered) * 1000)
        # what dovecot still has to tell of the last mail, which is moved now, is not to be taken for the next
        time.sleep(1.2)
    if took:
        spread("one: delivery to answer", took, "ms", 0)
        spread("one: of it until dovecot tells", waited, "ms", 0)
    print(f"one: peak {window.peak():.1f} MiB", flush=True)
    window.end()

    # many at once, in a window of its own each time
    rates = []
    for nth in range(rounds if many else 0):
        documents = signed(pencere, keys, scratch / "many", many, 0)
        ids = [f"<many.{nth}.{number}@agency.example>" for number, _ in documents]
        for number, document in documents:
            message = mail(f"many.{nth}.{number}", [(f"{number}.xml", document)])
            assert session.append("INBOX", None, None, message)[0] == "OK"
        shutil.rmtree(window.folder)
        window = Window(pencere, scratch / "w", dovecot, sink, keys)
        began = time.monotonic()
        window.start()
        took = sink.wait(ids) - began
        rates.append(many / took)
        print(f"many: {many} mails in {took:.2f} s, {rates[-1]:.1f} a second, peak {window.peak():.1f} MiB", flush=True)
        window.end()
    if rates:
        spread("many: mails", rates, "a second", 1)

    # a large one
    shutil.rmtree(window.folder)
    window = Window(pencere, scratch / "w", dovecot, sink, keys)
    large = scratch / "large.xml"
    records = loading.cadastre(large, octets) if octets else None
    if octets:
        subprocess.run([pencere, "sign", large, "--key", keys / "ekologiya.key", "--cert", keys / "ekologiya.crt",
                        "-o", scratch / "signed.xml"], check=True, capture_output=True)
        bare = mail("bare", [("bare.xml", large.read_bytes())])
        whole = mail("whole", [("large.xml", (scratch / "signed.xml").read_bytes())])
        window.start()
        time.sleep(2)
        print(f"memory: idle {window.peak():.1f} MiB", flush=True)
        for name, message in (("bare", bare), ("whole", whole)):
            began = time.monotonic()
            assert session.append("INBOX", None, None, message)[0] == "OK"
            if name == "whole":
                sink.wait(["<whole@agency.example>"])
            else:
                # answered to nobody: it is done when it was put away
                while session.select("INBOX", readonly=True)[1][0] != b"0":
                    assert time.monotonic() - began < PATIENCE
                    time.sleep(0.1)
                session.close()
            print(f"memory: a mail of {len(message) / 1e6:.1f} MB ({name}, {time.monotonic() - began:.1f} s): "
                  f"peak {window.peak():.1f} MiB", flush=True)
        window.end()
finally:
    if window and window.process and window.process.poll() is None:
        window.end()
    dovecot.end()
    sink.controller.stop()
