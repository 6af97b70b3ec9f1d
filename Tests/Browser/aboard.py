"""A hub, tablets with a line that can be cut, and what people do on them.

Every tablet reaches the hub through a wire of its own, at an address of its own: cutting the wire
is what a steel bulkhead does, the browser is not told.
"""

import base64
import contextlib
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

from playwright.sync_api import expect, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
PROGRAMS = os.environ.get("QUARTERMASTER_BIN", ".build/debug")
PROGRAM = os.path.join(PROGRAMS, "quartermaster")
SHORE = os.path.join(PROGRAMS, "quartermaster-shore")
PASSWORD = "long enough words"
# Chromium refuses its sandbox to root, who runs in a container of its own anyway.
SANDBOX = ["--no-sandbox"] if os.geteuid() == 0 else []

# Long enough for any machine: what is waited for comes at once, or never.
PATIENCE = 90
expect.set_options(timeout=PATIENCE * 1000)


def eventually(check, within=PATIENCE):
    """The value of `check` once it is true; fails after `within` seconds."""
    end = time.monotonic() + within
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < end, f"waited {within} s in vain"
        time.sleep(0.05)


class Hub:
    """A hub in a folder of its own, with three people and a small store."""

    def __init__(self, products=()):
        self.folder = tempfile.mkdtemp(prefix="quartermaster-browser-")
        self.data = os.path.join(self.folder, "hub")
        self.port = free_port()
        self.process = None
        self.shore = []
        self.start()
        for name, role in [("ana", "admin"), ("max", "manager"), ("ben", "staff")]:
            self.run("user", "add", name, "--role", role, "--password-stdin", stdin=PASSWORD)
        self.tokens = {}
        self.admin = self.run("token", "ana").strip()
        self.galley = self.post("locations", name="Galley")["locationId"]
        self.cellar = self.post("locations", name="Wine cellar")["locationId"]
        for product in products:
            self.stock(**product)

    def start(self):
        self.log = open(os.path.join(self.folder, "log"), "ab")
        self.process = subprocess.Popen(
            # Ports that nobody else on this machine has.
            [PROGRAM, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
             "--listen-tls", "127.0.0.1:0", *self.shore],
            stdout=self.log, stderr=self.log)
        eventually(self.is_well)

    def is_well(self):
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(f"{self.url}/health", timeout=10).status == 200
        return False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def secure(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as log:
            port = re.findall(r"Listening on https://[^:]+:(\d+)", log.read())[-1]
        return f"https://localhost:{port}"

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)
            self.log.close()
            self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *arguments, stdin=None):
        result = subprocess.run(
            [PROGRAM, *arguments, "--data", self.data], input=stdin and stdin + "\n", text=True,
            capture_output=True, timeout=PATIENCE)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def ask(self, path, body=None):
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}", None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.admin}"})
        try:
            return json.load(urllib.request.urlopen(request, timeout=PATIENCE))
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode()}") from error

    def post(self, path, **body):
        return self.ask(path, body)["data"]

    def stock(self, name, sku, quantity, **more):
        product = self.post("products", name=name, sku=sku, **more)["productId"]
        if quantity:
            self.post("stock/add", productId=product, locationId=self.cellar, quantity=quantity)
        return product

    def refused_by_shore(self, kind, message, count=1):
        """Puts events into the tray as the uplink does: what shore refuses is not for a test to order."""
        with contextlib.closing(sqlite3.connect(os.path.join(self.data, "quartermaster.sqlite"), timeout=PATIENCE)) as database, database:
            database.execute(
                "INSERT INTO shore_refusal (seq, code, message, time) "
                "SELECT seq, 'invalid_event', ?, time FROM event WHERE type = ? ORDER BY seq LIMIT ?", [message, kind, count])

    def level(self, product):
        return self.ask(f"products/{product}")["onHand"]

    def moves(self, product):
        """What was taken or put since the first delivery, oldest first."""
        items = self.ask(f"movements?productId={product}")["items"]
        return [item["quantity"] for item in items if item["reason"] != "restock"]


class Shore:
    """The office, with one site."""

    def __init__(self, folder):
        self.data = os.path.join(folder, "shore")
        self.key = os.path.join(folder, "site.key")
        self.port = free_port()
        self.process = None
        with open(self.key, "w", encoding="utf-8") as file:
            os.chmod(self.key, 0o600)
            file.write(self.run("site", "add", "aurora"))

    @property
    def flags(self):
        return ["--shore", f"http://127.0.0.1:{self.port}", "--site", "aurora", "--site-key-file", self.key]

    def run(self, *arguments):
        result = subprocess.run([SHORE, *arguments, "--data", self.data], text=True, capture_output=True, timeout=PATIENCE)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def start(self):
        self.process = subprocess.Popen(
            [SHORE, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)
            self.process = None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Wire:
    """A TCP relay to the hub that can be cut, or deaf in one direction."""

    def __init__(self, hub):
        self.hub = hub
        self.isCut = False
        self.isDeaf = False
        self.brought = 0
        self.pairs = []
        self.turn = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                with self.turn:
                    if self.isCut:
                        raise OSError
                    far = socket.create_connection(("127.0.0.1", self.hub.port))
                    self.pairs.append((near, far))
            except OSError:
                near.close()
                continue
            threading.Thread(target=self.pump, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self.pump, args=(far, near, True), daemon=True).start()

    def pump(self, source, target, isAnswer):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not (isAnswer and self.isDeaf):
                    target.sendall(data)
                    self.brought += len(data) if isAnswer else 0
        hang_up(source, target)

    def cut(self):
        with self.turn:
            self.isCut = True
            for pair in self.pairs:
                hang_up(*pair)
            self.pairs = []

    def mend(self):
        self.isCut = False
        self.isDeaf = False

    def close(self):
        self.cut()
        self.listener.close()


def hang_up(*ends):
    for end in ends:
        # Closing alone would leave the other thread reading for ever.
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


class Tablet:
    """One device: a browser with storage of its own, its wire, and a person."""

    def __init__(self, playwright, hub, size=(820, 1180), folder=None, wire=None, **options):
        self.hub = hub
        self.wire = wire or Wire(hub)
        self.folder = folder or tempfile.mkdtemp(prefix="quartermaster-tablet-")
        self.problems = []
        # A wire that was cut is an error to the browser, not to us.
        self.harmless = "Failed to load resource|WebSocket connection"
        self.context = playwright.chromium.launch_persistent_context(
            self.folder, executable_path=CHROMIUM, args=SANDBOX,
            viewport={"width": size[0], "height": size[1]}, locale=options.pop("locale", "en-GB"),
            **options)
        self.context.set_default_timeout(PATIENCE * 1000)
        # Words that stand for some seconds only, which a busy machine may need for looking.
        self.context.add_init_script("""
          window.told = []
          new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach((node) => {
            if (node.matches?.('.toast')) window.told.push(`${node.className} ${node.textContent}`)
          }))).observe(document, { childList: true, subtree: true })""")
        self.page = self.context.pages[0]
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self.note)

    def note(self, message):
        if message.type == "error" and not re.search(self.harmless, message.text):
            self.problems.append(message.text)

    @property
    def url(self):
        # Only localhost counts as safe without TLS, which is what the worker and locks want.
        return f"http://localhost:{self.wire.port}/"

    def sign_in(self, name="ben"):
        self.page.goto(self.url)
        self.page.locator("#name").fill(name)
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("form .primary").click()
        self.ready()
        return self

    def ready(self):
        # A busy machine answers like a weak line. The stock may come after it.
        expect(self.page.locator("header .line.good, header .line.weak")).to_be_visible()
        expect(self.page.locator("main:not([data-early])")).to_be_visible()

    def line(self, words):
        return self.page.locator("header").get_by_role("link", name=re.compile(words))

    def open(self, screen):
        self.page.evaluate("hash => { location.hash = hash }", f"#/{screen}")
        expect(self.page.locator("main")).to_have_attribute("data-at", f"#/{screen}")

    def take(self, product, quantity=1):
        """Takes goods on the quick adjust screen, with the fingers."""
        self.open("stock")
        self.open(f"adjust/{product}")
        for _ in range(quantity - 1):
            self.page.get_by_role("button", name="How many: one more").click()
        told = self.page.evaluate("window.told.length")
        self.page.get_by_role("button", name=re.compile(r"^Take \d")).click()
        self.hears("", told)

    def hears(self, words, after=0):
        """The app says `words`, if only for some seconds, or has said them."""
        eventually(lambda: any(words in told for told in self.page.evaluate("window.told")[after:]))

    def level(self, product):
        self.open(f"product/{product}")
        return self.page.locator(".figure .level")

    def waiting(self):
        """How many changes wait on the disk itself."""
        return self.kept("queue", "count()")

    def copy_is_kept(self):
        """The stock as it is now is on the disk."""
        eventually(lambda: self.kept("copy", "get('state')"))

    def kept(self, store, question):
        """What the device's own database answers."""
        return self.page.evaluate(f"""() => new Promise((resolve, reject) => {{
          const open = indexedDB.open('quartermaster')
          open.onerror = () => reject(open.error)
          open.onsuccess = () => {{
            const answer = open.result.transaction('{store}').objectStore('{store}').{question}
            answer.onsuccess = () => {{ open.result.close(); resolve(answer.result) }}
          }}
        }})""")

    def scan(self, code):
        """A scanner that types, as slowly as the slowest do, with nothing in focus."""
        self.page.evaluate("document.activeElement?.blur()")
        tools = self.page.context.new_cdp_session(self.page)
        # The time is when a key was struck: a busy machine hears of it later.
        struck = time.time() - 0.1 * len(code)
        for place, key in enumerate([*code, "\r"]):
            name = "Enter" if key == "\r" else key
            for kind in ("keyDown", "keyUp"):
                tools.send("Input.dispatchKeyEvent", {
                    "type": kind, "key": name, "text": key if kind == "keyDown" else "", "timestamp": struck + 0.1 * place,
                })
        tools.detach()

    def sign_out(self):
        self.open("settings")
        self.page.get_by_role("button", name="Sign out").click()
        expect(self.page.locator("#password")).to_be_visible()

    def shell_is_kept(self):
        """The worker has the whole app and will serve it."""
        self.page.evaluate("() => navigator.serviceWorker.ready.then(() => {})")

    def close(self):
        with contextlib.suppress(Exception):
            self.context.close()
        self.wire.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def read_qr(picture):
    """What a camera reads from a drawn QR code: the very cells of the page, to a decoder of others."""
    import zxingcpp
    size = int(picture.get_attribute("viewBox").split()[2])
    scale = 4
    pixels = bytearray(b"\xff" * (size * scale) ** 2)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", picture.locator("path.ink").get_attribute("d")):
        for row in range(int(y) * scale, (int(y) + 1) * scale):
            start = row * size * scale + int(x) * scale
            pixels[start:start + scale] = bytes(scale)
    image = memoryview(bytes(pixels)).cast("B", (size * scale, size * scale))
    return [found.text for found in zxingcpp.read_barcodes(image)]


def kill(tablet):
    """The battery is flat: no page hears of it, nothing is written after."""
    needle = tablet.folder.encode()
    killed = []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError):
            with open(f"/proc/{int(entry)}/cmdline", "rb") as file:
                if b"--user-data-dir=" + needle in file.read():
                    os.kill(int(entry), 9)
                    killed.append(entry)
    # One that is still writing holds the lock of what it writes to.
    eventually(lambda: all(is_gone(process) for process in killed))
    for name in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(tablet.folder, name))


def is_gone(process):
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True
