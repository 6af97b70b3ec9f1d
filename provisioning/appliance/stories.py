#!/usr/bin/env python3
"""What happens to a hub in a year at sea, on a booted Debian, from the built packages.

Started by provisioning/test-appliance. Each story begins where the one before it ended, for that is
how a box lives; the first that fails ends the run with the box's journal.
"""

import asyncio
import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error

from box import Box, Failed, eventually, host, remove
from websocket import Closed, WebSocket

MEGABYTE = 1 << 20
DISK = 96
STORIES = []


def story(function):
    STORIES.append(function)
    return function


def expect(condition, what):
    if not condition:
        raise Failed(f"expected: {what}")


class Crew:
    """Somebody who takes stock all the time and never gives up on a change that was not confirmed."""

    def __init__(self, box, token, name, pause=0.01):
        self.box, self.token, self.name, self.pause = box, token, name, pause
        self.confirmed, self.codes, self.refused, self.last = [], {}, 0, None
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        number = 0
        while not self.ends.is_set():
            key = f"{self.name}-{number}"
            try:
                status, self.last = self.post(key)
                self.codes[status] = self.codes.get(status, 0) + 1
                if status == 200:
                    self.confirmed.append(key)
                    number += 1
                time.sleep(self.pause)
            except urllib.error.URLError as error:
                # Refused is what no device may ever see while the socket holds the port.
                self.refused += isinstance(error.reason, ConnectionRefusedError)
                time.sleep(0.2)
            except OSError:
                time.sleep(0.2)

    def post(self, key):
        import json
        import urllib.request

        body = {"productId": 1, "locationId": 1, "quantity": 1, "reason": "restock"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.box.port}/api/v1/stock/adjust", json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key})
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return answer.status, None
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def progress(self, within=60):
        """Returns when one more change than now is confirmed."""
        before = len(self.confirmed)
        try:
            eventually("a change is confirmed again", lambda: len(self.confirmed) > before, within)
        except Failed as failed:
            raise Failed(f"{failed}; the answers were {self.codes}, the last {self.last}") from failed

    def leave(self):
        """Ends the work; everything confirmed must be in the log, once."""
        self.ends.set()
        self.thread.join(40)
        kept = self.box.sql(
            f"SELECT operation FROM event WHERE type = 'inventory:updated' AND operation LIKE '{self.name}-%'")
        lost = set(self.confirmed) - set(kept)
        expect(not lost, f"no confirmed change is lost, and {sorted(lost)[:5]} are")
        expect(len(kept) == len(set(kept)), "no change is booked twice")
        expect(self.confirmed, "something was confirmed at all")


class Voyage:
    def __init__(self, box, packages, version):
        self.box, self.packages, self.version = box, packages, version
        self.token = None


@story
def install(v):
    """dpkg -i starts a working hub and prints its address and the set-up code"""
    said = v.box.install(v.packages["quartermaster", "old"])
    code = re.search(r"Set-up code: ([A-Z2-9]{4}-[A-Z2-9]{4})", said)
    expect("http://" in said and code, f"address and code in {said!r}")
    v.box.serves()
    for unit in ("quartermaster.service", "quartermaster.socket", "quartermaster-backup.timer"):
        expect(v.box.says("systemctl", "is-enabled", unit) == "enabled", f"{unit} is enabled")
        expect(v.box.shows("ActiveState", unit) == "active", f"{unit} is active")
    v.code = code[1]


@story
def first_use(v):
    """the code makes the first admin, stock is imported and taken"""
    status, answer = v.box.ask(
        "/api/v1/setup", {"code": v.code, "name": "ana", "password": "long enough words"})
    expect(status == 200, f"set-up, and it is {status} {answer}")
    v.token = answer["token"]
    v.box.write("/tmp/stores.csv",
                "sku,name,unit,price,minimum,location,quantity\nOIL-1,Olive oil,bottle,12.90,4,Galley,9\n")
    v.box.run("chmod", "644", "/tmp/stores.csv")
    v.box.as_hub("import", "products", "/tmp/stores.csv")
    status, _ = v.box.ask("/api/v1/stock/adjust", {
        "productId": 1, "locationId": 1, "quantity": -1, "reason": "use"}, v.token)
    expect(status == 200, "a bottle is taken")
    v.box.as_hub("verify")


@story
def hardening(v):
    """systemd scores every service below 2.0"""
    for unit in ("quartermaster", "quartermaster-backup"):
        said = v.box.says("systemd-analyze", "security", "--no-pager", "--threshold=20", unit)
        print("   ", said.splitlines()[-1].encode("ascii", "ignore").decode().strip())


@story
def reload(v):
    """SIGHUP brings level and limits into force; wrong settings change nothing"""
    pid = v.box.pid
    settings = "/etc/quartermaster/quartermaster.yaml"
    good = ("logLevel: info\nlimits:\n  connectionsPerUser: 5000\n"
            "  connectionAttemptsPerMinute: 100000\n  requestsPerMinute: 1000000\n"
            "  messagesPerMinutePerType: 1000000\n  messagesPerMinute: 1000000\n")
    v.box.write(settings, good)
    v.box.run("systemctl", "reload", "quartermaster")
    eventually("the reload is in the journal under its id", lambda: v.box.journal(
        "MESSAGE_ID=bf70126802754be9b73f2dc9b2a24c03"), 60)
    v.box.write(settings, "limits:\n  connections: many\n")
    v.box.run("systemctl", "reload", "quartermaster", check=False)
    eventually("the refusal is in the journal", lambda: v.box.journal(
        "MESSAGE_ID=bf70126802754be9b73f2dc9b2a24c0a"), 60)
    v.box.write(settings, good)
    v.box.serves()
    expect(v.box.pid == pid, "the hub was never restarted")
    expect("damaged" not in v.box.journal("-x", "-n", "3"), "a catalog that explains the right thing")


@story
def killed(v):
    """SIGKILL under a working crew: back in seconds, nothing lost"""
    crew = Crew(v.box, v.token, "killed")
    crew.progress()
    pid = v.box.pid
    v.box.run("kill", "-KILL", str(pid))
    eventually("another hub", lambda: v.box.pid not in (0, pid), 60)
    crew.progress()
    crew.leave()
    expect(crew.refused == 0, "no connection was refused while the hub was down")


@story
def stopped(v):
    """SIGSTOP: the watchdog brings the hub back, nothing lost"""
    crew = Crew(v.box, v.token, "stopped")
    crew.progress()
    pid = v.box.pid
    v.box.run("kill", "-STOP", str(pid))
    begin = time.monotonic()
    eventually("another hub", lambda: v.box.pid not in (0, pid), 90, pace=1)
    print(f"    back after {time.monotonic() - begin:.0f} s")
    crew.progress()
    crew.leave()
    expect("watchdog" in v.box.journal("-u", "quartermaster.service", "-g", "atchdog"), "systemd says why")


@story
def hung_disk(v):
    """a disk that hangs: nothing is confirmed, the watchdog acts, nothing lost"""
    def timeouts():
        return v.box.journal("-u", "quartermaster.service").count("Watchdog timeout")

    crew = Crew(v.box, v.token, "hung")
    crew.progress()
    pid = v.box.pid
    earlier = timeouts()
    folder = str(v.box.root) + v.box.data
    host("fsfreeze", "-f", folder)
    try:
        time.sleep(2)
        before = len(crew.confirmed)
        eventually("the status says what is wrong",
                   lambda: "Not well" in v.box.shows("StatusText"), 60, pace=1)
        print("   ", v.box.shows("StatusText"))
        expect(len(crew.confirmed) - before <= 1, "nothing was confirmed while the disk hung")
        # sqlite3 on a frozen disk would hang, too; the journal is on another.
        eventually("the watchdog has had enough", lambda: timeouts() > earlier, 90, pace=1)
    finally:
        host("fsfreeze", "-u", folder)
    eventually("another hub", lambda: v.box.pid not in (0, pid), 60, pace=1)
    v.box.serves()
    crew.progress()
    crew.leave()
    v.box.as_hub("verify")


async def device(box, token, number, results, begun, ends):
    """Subscribes, notes what it hears, and comes back by cursor whenever it is sent away."""
    cursor, heard = None, []
    while not ends.is_set():
        try:
            socket = await WebSocket.open(box.port, token)
            data = {"namespace": "inventory"}
            if cursor:
                data["after"] = cursor
            socket.send({"type": "subscribe", "data": data})
            # Python 3.11's wait_for may swallow a cancellation.
            while not ends.is_set():
                message = await asyncio.wait_for(socket.receive(), 60)
                if message["type"] == "inventory:updated":
                    heard.append(message["seq"])
                    cursor = {"epoch": message["epoch"], "seq": message["seq"]}
                elif message["type"] == "subscribed":
                    results["outcomes"].append(message["data"]["outcome"])
                    cursor = cursor or {key: message["data"][key] for key in ("epoch", "seq")}
                    begun.release()
        except Closed as closed:
            results["codes"][closed.code] = results["codes"].get(closed.code, 0) + 1
        except ConnectionRefusedError:
            results["refused"] += 1
            await asyncio.sleep(0.1)
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError) as error:
            results["broken"].append(str(error))
            await asyncio.sleep(0.1)
        except asyncio.CancelledError:
            break
    results["heard"][number] = heard


async def under_devices(box, token, count, act):
    """Does `act` while `count` devices listen; returns what they met."""
    results = {"codes": {}, "refused": 0, "broken": [], "outcomes": [], "heard": {}}
    begun, ends = asyncio.Semaphore(0), asyncio.Event()
    devices = [asyncio.create_task(device(box, token, n, results, begun, ends)) for n in range(count)]
    for _ in range(count):
        await asyncio.wait_for(begun.acquire(), 60)
    results["outcomes"].clear()
    await asyncio.to_thread(act)
    for _ in range(count):
        await asyncio.wait_for(begun.acquire(), 60)
    # What was written while they were away reaches them; then they leave.
    await asyncio.sleep(1)
    ends.set()
    for task in devices:
        task.cancel()
    await asyncio.gather(*devices, return_exceptions=True)
    return results


@story
def restart_under_devices(v, act=None, name="restart"):
    """a restart under 200 devices: nobody refused, all resume without a gap"""
    # Each change goes to 200 devices that one process plays.
    crew = Crew(v.box, v.token, name, pause=0.2)
    crew.progress()

    def restart():
        (act or (lambda: v.box.run("systemctl", "restart", "quartermaster")))()
        crew.progress()

    begin = time.monotonic()
    met = asyncio.run(under_devices(v.box, v.token, 200, restart))
    print(f"    all 200 back after {time.monotonic() - begin - 1:.1f} s; outcomes "
          f"{ {o: met['outcomes'].count(o) for o in set(met['outcomes'])} }, codes {met['codes']}")
    crew.leave()
    expect(met["refused"] == 0 and crew.refused == 0, f"nobody was refused, and {met['refused']} were")
    expect(set(met["outcomes"]) <= {"replayed", "nothing_missed"}, f"all resume: {set(met['outcomes'])}")
    expect(len(met["heard"]) == 200, f"every device got to the end, and {len(met['heard'])} did")
    log = [int(seq) for seq in v.box.sql("SELECT seq FROM event WHERE type = 'inventory:updated'")]
    for heard in met["heard"].values():
        expect(heard, "each device heard something")
        due = [seq for seq in log if heard[0] <= seq <= heard[-1]]
        expect(heard == due, "each device heard everything once and in order")


@story
def upgrade(v):
    """an upgrade under 200 devices keeps the data and refuses nobody; going back works"""
    before = v.box.as_hub("status", "--json")
    restart_under_devices(v, lambda: v.box.install(v.packages["quartermaster", "new"]), "upgrade")
    said = v.box.says("dpkg-query", "-W", "-f", "${Version}", "quartermaster")
    expect(said == v.version, f"the new version is installed, and {said} is")
    saved = v.box.says("ls", v.box.data).split()
    expect("last-of-0.0.1.sqlite" in saved, f"a backup by the version that went, in {saved}")
    epoch = re.search(r'"epoch":"(\w+)"', before)[1]
    expect(epoch in v.box.as_hub("status", "--json"), "the same log goes on")
    settings = v.box.says("cat", "/etc/quartermaster/quartermaster.yaml")
    expect("connectionsPerUser: 5000" in settings, "changed settings are kept")
    v.box.install(v.packages["quartermaster", "old"])
    v.box.serves()
    v.box.as_hub("verify")
    v.box.install(v.packages["quartermaster", "new"])
    v.box.serves()


@story
def backup(v):
    """the backup timer's service writes a backup that restores, once for each state"""
    v.box.run("systemctl", "start", "quartermaster-backup.service")
    first = v.box.says("ls", f"{v.box.data}/backups").split()
    expect(len(first) == 1, f"one backup, and there are {first}")
    v.box.run("systemctl", "start", "quartermaster-backup.service")
    expect(v.box.says("ls", f"{v.box.data}/backups").split() == first, "no second one of the same state")
    expect(v.box.journal("MESSAGE_ID=bf70126802754be9b73f2dc9b2a24c08"), "the journal knows of it")
    said = v.box.as_hub("doctor", check=False)
    expect("the newest restores" in said, f"the doctor restores it: {said}")
    v.backup = f"{v.box.data}/backups/{first[0]}"


@story
def restore(v):
    """a restore makes a new epoch; devices are told to take a snapshot"""
    old = v.box.sql("SELECT name FROM epoch ORDER BY first_seq DESC LIMIT 1")[0]
    v.box.ask("/api/v1/stock/adjust", {
        "productId": 1, "locationId": 1, "quantity": 1, "reason": "restock"}, v.token)
    head = int(v.box.sql("SELECT MAX(seq) FROM event")[0])
    v.box.run("systemctl", "stop", "quartermaster.socket", "quartermaster.service")
    v.box.as_hub("restore", v.backup)
    v.box.run("systemctl", "start", "quartermaster.socket", "quartermaster.service")
    v.box.serves()
    new = v.box.sql("SELECT name FROM epoch ORDER BY first_seq DESC LIMIT 1")[0]
    expect(new != old, "a new epoch")

    async def returns():
        socket = await WebSocket.open(v.box.port, v.token)
        socket.send({"type": "subscribe", "data": {
            "namespace": "inventory", "after": {"epoch": old, "seq": head}}})
        return (await socket.until("subscribed"))["data"]["outcome"]

    expect(asyncio.run(returns()) == "snapshot_required", "a device that saw more takes a snapshot")
    v.box.as_hub("verify")


@story
def full_disk(v):
    """before the disk is full the crew is refused in plain words, orders last, and reading goes on"""
    ballast = f"{v.box.data}/ballast"
    change = {"productId": 1, "locationId": 1, "quantity": 1, "reason": "restock"}
    order = {"lines": [{"productId": 1, "quantity": 1}]}
    _, total = v.box.space()

    def fill(to):
        room = v.box.space()[0] - to
        v.box.run("sh", "-c", f"head -c {room} /dev/zero >>{ballast}")

    fill(int(total / 20 * 0.7))
    status, answer = v.box.ask("/api/v1/stock/adjust", change, v.token)
    expect(status == 507 and "nearly full" in str(answer), f"a clear refusal, and it is {status} {answer}")
    print("   ", answer.get("detail"))
    status, answer = v.box.ask("/api/v1/orders", order, v.token)
    expect(status == 200, f"orders are still taken, and it is {status} {answer}")
    fill(int(total / 20 / 8))
    status, _ = v.box.ask("/api/v1/orders", order, v.token)
    expect(status == 507, f"orders are refused, too, and it is {status}")
    expect(v.box.ask("/api/v1/stock", token=v.token)[0] == 200, "reading goes on")
    expect("Full" in v.box.as_hub("doctor", check=False), "the doctor says so")
    refused = v.box.run("systemctl", "start", "quartermaster-backup.service", check=False)
    expect(refused.returncode != 0, "no backup is written on the last room")
    expect(v.box.journal("MESSAGE_ID=bf70126802754be9b73f2dc9b2a24c09"), "and the journal says so")
    v.box.run("rm", ballast)
    expect(v.box.ask("/api/v1/stock/adjust", change, v.token)[0] == 200, "with room it goes on")
    v.box.run("systemctl", "reset-failed", "quartermaster-backup.service")
    v.box.as_hub("verify")


@story
def clock_at_1970(v):
    """a clock at 1970, and its jumps: the hub starts, serves, signs in and orders its events"""
    dropin = "/run/systemd/system/quartermaster.service.d/clock.conf"
    before = int(v.box.sql("SELECT MAX(seq) FROM event")[0])
    # 1970, then past the end of 32 bits, then 1970 again.
    for clock in (60, 2_150_000_000, 60):
        v.box.write(dropin, "[Service]\nEnvironment=LD_PRELOAD=/packages/clock.so "
                            f"STORY_CLOCK={clock}\n")
        v.box.run("systemctl", "daemon-reload")
        v.box.run("systemctl", "restart", "quartermaster")
        v.box.serves()
        status, answer = v.box.ask(
            "/api/v1/sign-in", {"name": "ana", "password": "long enough words"})
        expect(status == 200, f"signing in at {clock}, and it is {status} {answer}")
        status, answer = v.box.ask("/api/v1/stock/adjust", {
            "productId": 1, "locationId": 1, "quantity": 1, "reason": "restock"}, v.token)
        expect(status == 200, f"an older token still counts, and it is {status} {answer}")
        after = int(v.box.sql("SELECT MAX(seq) FROM event")[0])
        expect(after > before, "the log goes on by its seq")
        before = after
    times = v.box.sql("SELECT time / 1000 FROM event ORDER BY seq DESC LIMIT 1")
    expect(int(times[0]) < 100_000, f"the box did stand at 1970: {times}")
    v.box.run("rm", dropin)
    v.box.run("systemctl", "daemon-reload")
    v.box.run("systemctl", "restart", "quartermaster")
    v.box.serves()
    v.box.as_hub("verify")


@story
def shore(v):
    """the shore's package, a site key handed over by systemd, and everything safe on shore"""
    v.box.install(v.packages["quartermaster-shore", "new"])
    eventually("shore runs", lambda: v.box.shows("ActiveState", "quartermaster-shore") == "active")
    said = v.box.says("systemd-analyze", "security", "--no-pager", "--threshold=20", "quartermaster-shore")
    print("   ", said.splitlines()[-1].encode("ascii", "ignore").decode().strip())
    key = v.box.says("runuser", "-u", "quartermaster-shore", "--", "quartermaster-shore", "site",
                     "add", "aurora", "--data", "/var/lib/quartermaster-shore")
    v.box.write("/etc/quartermaster/site.key", key + "\n")
    v.box.run("chmod", "600", "/etc/quartermaster/site.key")
    v.box.write("/etc/quartermaster/environment",
                "QUARTERMASTER_SHORE_URL=http://127.0.0.1:8470\nQUARTERMASTER_SHORE_SITE=aurora\n")
    v.box.run("systemctl", "restart", "quartermaster")
    v.box.serves()
    eventually("everything is safe on shore",
               lambda: "everything is safe on shore" in v.box.as_hub("status"), 60, pace=1)


@story
def verify(v):
    """provisioning/verify finds nothing wrong"""
    said = v.box.run("sh", "/usr/share/quartermaster/verify", check=False)
    print("    " + "\n    ".join(said.stdout.splitlines()))
    wrong = [line for line in said.stdout.splitlines() if line.startswith("WRONG")]
    expect(said.returncode == 0 and not wrong, f"verify is content: {wrong} {said.stderr}")


@story
def removal(v):
    """remove keeps the data, purge takes them"""
    head = v.box.sql("SELECT MAX(seq) FROM event")[0]
    v.box.run("dpkg", "-r", "quartermaster")
    expect(v.box.run("systemctl", "is-active", "quartermaster.socket", check=False).returncode != 0,
           "the port is closed")
    expect(int(v.box.sql("SELECT MAX(seq) FROM event")[0]) >= int(head), "the data are there")
    v.box.install(v.packages["quartermaster", "new"])
    v.box.serves()
    v.box.as_hub("verify")
    v.box.run("dpkg", "-P", "quartermaster", "quartermaster-shore")
    left = v.box.says("sh", "-c", "ls -A /var/lib/quartermaster /var/lib/quartermaster-shore "
                                  "/etc/quartermaster 2>/dev/null | grep -v : | grep .", check=False)
    expect(not left, f"nothing is left, and there is {left!r}")


def older(package, folder, version):
    """The same program under an earlier version: what an upgrade does to a box before a second
    release exists."""
    with tempfile.TemporaryDirectory() as work:
        host("dpkg-deb", "-R", package, work)
        control = pathlib.Path(work, "DEBIAN/control")
        control.write_text(re.sub(r"(?m)^Version: .*", f"Version: {version}", control.read_text()))
        target = pathlib.Path(folder, pathlib.Path(package).name.replace("_", f"_{version}_", 1))
        host("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", work, str(target))
    return str(target)


def main():
    base, packages, version, architecture = sys.argv[1:5]
    wanted = sys.argv[5:]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="quartermaster-box-", dir="/var/tmp"))
    machine = None
    voyage = None
    has_packages = False
    try:
        for name in ("upper", "work", "root", "packages"):
            (folder / name).mkdir()
        new = {name: f"{packages}/{name}_{version}_{architecture}.deb"
               for name in ("quartermaster", "quartermaster-shore")}
        have = {}
        for name, path in new.items():
            have[name, "new"] = shutil.copy(path, folder / "packages")
        host("cc", "-shared", "-fPIC", "-O2", "-o", str(folder / "packages/clock.so"),
             str(pathlib.Path(__file__).with_name("clock.c")))
        have["quartermaster", "old"] = older(new["quartermaster"], folder / "packages", "0.0.1")
        has_packages = True
        host("mount", "-t", "overlay", "overlay", "-o",
             f"lowerdir={base},upperdir={folder}/upper,workdir={folder}/work", f"{folder}/root")
        image = folder / "disk"
        with open(image, "wb") as file:
            file.truncate(DISK * MEGABYTE)
        host("mkfs.ext4", "-q", "-m", "0", str(image))
        data = folder / "root/var/lib/quartermaster"
        data.mkdir(parents=True)
        host("mount", "-o", "loop", str(image), str(data))
        (data / "lost+found").rmdir()

        with open(folder / "console", "w") as console:
            machine = subprocess.Popen(
                ["systemd-nspawn", "-D", str(folder / "root"), "--register=no", "--keep-unit", "--boot",
                 "--private-network", f"--bind-ro={folder}/packages:/packages"],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        leader = eventually("the box has a first process", lambda: int(pathlib.Path(
            f"/proc/{machine.pid}/task/{machine.pid}/children").read_text().split()[0] or 0), 30)
        box = Box(base, folder, leader)
        eventually("the box has booted", lambda: box.run(
            "systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded"), 90)
        # From here on 127.0.0.1 is the box's.
        with open(f"/proc/{leader}/ns/net") as network:
            if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), 0x40000000) != 0:
                raise Failed("the box's network cannot be entered")

        voyage = Voyage(box, have, version)
        for tell in STORIES:
            if wanted and tell.__name__ not in wanted:
                continue
            begin = time.monotonic()
            print(f"- {tell.__doc__}", flush=True)
            tell(voyage)
            print(f"    passed after {time.monotonic() - begin:.0f} s", flush=True)
    except Exception as error:
        if has_packages and voyage is None:
            print(f"NOT RUN: the stories on a booted Debian. None could be booted here: {error!r}")
            if (folder / "console").exists():
                print((folder / "console").read_text()[-3000:])
            return
        print(f"FAILED: {error!r}", file=sys.stderr)
        if voyage:
            print(box.run("journalctl", "--no-pager", "-n", "25", check=False).stdout, file=sys.stderr)
        sys.exit(1)
    finally:
        if machine:
            # systemd's halt, immediate.
            machine.terminate()
            try:
                machine.wait(30)
            except subprocess.TimeoutExpired:
                machine.kill()
                machine.wait()
        remove(folder)


if __name__ == "__main__":
    # Ended from outside, the box must go, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.environ.pop("http_proxy", None)
    main()
