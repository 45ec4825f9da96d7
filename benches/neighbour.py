#!/usr/bin/env python3
"""How long a good document of one body takes while another floods its own folder.

  benches/neighbour.py PENCERE WINDOW DOCS ROOT signed|bare COUNT

WINDOW is a trial window, DOCS signed statements of azerenerji; ROOT is made and removed. The flood, COUNT files
in the folder of azerisiq, is `signed`: statements that are read whole and whose digest differs; or `bare`: files
without a signature, which wait for their other half. Standard library only.
"""
import ctypes, os, select, shutil, signal, statistics, struct, subprocess, sys, time

MOVED_TO = 0x80
PAUSE = 0.03  # seconds between two good documents


def main():
    pencere, window, docs, root, kind, count = sys.argv[1:7]
    shutil.copytree(window, root)
    try:
        measure(pencere, docs, root, kind, int(count))
    finally:
        shutil.rmtree(root, ignore_errors=True)


def measure(pencere, docs, root, kind, count):
    into, out = f"{root}/drop/azerenerji/in", f"{root}/drop/azerenerji/receipts"
    victim = f"{root}/drop/azerisiq"
    names = sorted(os.listdir(docs))[:121]
    for folder in ("stage", "flood"):
        os.mkdir(f"{root}/{folder}")
    for name in names:
        shutil.copy2(f"{docs}/{name}", f"{root}/stage/{name}")
    with open(f"{docs}/{names[0]}", "rb") as file:
        model = file.read()
    for at in range(count):
        text = model.replace(b"</Record>", b"<X%d/></Record>" % at, 1) if kind == "signed" else b"garbage %d,1\n" % at
        with open(f"{root}/flood/{at:06}.xml", "wb") as file:
            file.write(text)
    os.sync()
    libc = ctypes.CDLL(None)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    libc.inotify_add_watch(watch, out.encode(), MOVED_TO)
    command = [pencere, "run", "--config", f"{root}/pencere.toml"]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while "ready" not in daemon.stdout.readline():
        if daemon.poll() is not None:
            sys.exit("the daemon ended before it was ready")
    time.sleep(0.5)

    def receipts():
        if not select.select([watch], [], [], 60)[0]:
            sys.exit("no receipt within a minute")
        events, at = os.read(watch, 1 << 16), 0
        while at < len(events):
            length = struct.unpack_from("iIII", events, at)[3]
            yield events[at + 16:at + 16 + length].rstrip(b"\0").decode()
            at += 16 + length

    def one(name):
        begin = time.perf_counter()
        os.rename(f"{root}/stage/{name}", f"{into}/{name}")
        while not any(seen.startswith(name) and seen.endswith(".receipt.xml") for seen in list(receipts())):
            pass
        return (time.perf_counter() - begin) * 1e3

    def several(names):
        times = []
        for name in names:
            times.append(one(name))
            time.sleep(PAUSE)
        return times

    idle = several(names[1:61])
    flood = os.fork()
    if flood == 0:
        for at in range(count):
            os.rename(f"{root}/flood/{at:06}.xml", f"{victim}/in/{at:06}.xml")
        os._exit(0)
    beside = several(names[61:121])
    os.waitpid(flood, 0)
    answered = sum(name.endswith(".xml") for name in os.listdir(f"{victim}/receipts"))
    told = lambda times: f"p50 {statistics.median(times):.2f} p90 {sorted(times)[int(len(times) * .9)]:.2f} max {max(times):.2f}"
    ratio = statistics.median(beside) / statistics.median(idle)
    print(f"neighbour, {kind} flood of {count}: idle {told(idle)} ms, beside it {told(beside)} ms, {ratio:.2f} times; "
          f"{answered} of the flood answered meanwhile")
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()


main()
