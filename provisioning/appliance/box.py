"""A Debian in a container of systemd-nspawn: what the stories do to it, and see of it."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import time
import urllib.error
import urllib.request


class Failed(Exception):
    pass


def host(*words, check=True, timeout=120):
    result = subprocess.run(words, capture_output=True, text=True, timeout=timeout)
    if check and result.returncode != 0:
        raise Failed(f"{' '.join(words)}: {result.stdout}{result.stderr}")
    return result


def eventually(what, condition, within=60, pace=0.2):
    end = time.monotonic() + within
    while time.monotonic() < end:
        with contextlib.suppress(Failed, OSError, LookupError, ValueError):
            value = condition()
            if value:
                return value
        time.sleep(pace)
    raise Failed(f"not within {within} s: {what}")


class Box:
    """Its root is thrown away, and /var/lib/quartermaster is a small disk of its own."""

    port = 8080
    data = "/var/lib/quartermaster"

    def __init__(self, base, folder, leader):
        self.base, self.folder, self.leader = base, pathlib.Path(folder), leader
        self.root = self.folder / "root"

    def run(self, *words, check=True, timeout=180):
        """Runs a command inside, as root."""
        return host(
            "nsenter", "-t", str(self.leader), "-a", "env", "-i",
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", *words,
            check=check, timeout=timeout,
        )

    def says(self, *words, **more):
        return self.run(*words, **more).stdout.strip()

    def as_hub(self, *words, **more):
        return self.says("runuser", "-u", "quartermaster", "--", "quartermaster", *words,
                         "--data", self.data, **more)

    def shows(self, key, unit="quartermaster.service"):
        return self.says("systemctl", "show", "-p", key, "--value", unit)

    @property
    def pid(self):
        return int(self.shows("MainPID"))

    def host_pid(self, pid):
        """A process of the box by its number outside."""
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                numbers = [line for line in status.read_text().splitlines() if line.startswith("NSpid:")]
                if numbers and numbers[0].split()[-1] == str(pid) and len(numbers[0].split()) > 2:
                    if "quartermaster" in (status.parent / "comm").read_text():
                        return int(status.parent.name)
        raise Failed(f"process {pid} of the box was not found outside")

    def write(self, path, text):
        target = f"/proc/{self.leader}/root{path}"
        pathlib.Path(target).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(target).write_text(text)

    def journal(self, *words):
        return self.says("journalctl", "-q", "--no-pager", *words)

    def sql(self, query):
        return self.says("sqlite3", f"{self.data}/quartermaster.sqlite", query).splitlines()

    def ask(self, path, body=None, token=None, timeout=20):
        """REST: status and JSON."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def serves(self, within=60):
        eventually("the hub answers", lambda: self.ask("/health")[0] == 200, within)

    def space(self):
        """Bytes on the data's disk: free to its owner, and in all."""
        free, total, size = map(int, self.says("stat", "-f", "-c", "%a %b %S", self.data).split())
        return free * size, total * size

    def install(self, package):
        return self.says(
            "env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--force-confold", "-i",
            f"/packages/{pathlib.Path(package).name}",
        )


def unmount(path):
    subprocess.run(["umount", "-l", str(path)], capture_output=True)


def remove(folder):
    for name in ("root/var/lib/quartermaster", "root"):
        unmount(pathlib.Path(folder) / name)
    shutil.rmtree(folder, ignore_errors=True)
