"""Every screen at three sizes, light and dark: looked at by a machine, and kept as pictures for people.

    python3 Tests/Browser/screens.py FOLDER      pictures of all into FOLDER
    python3 Tests/Browser/screens.py             only the checks, on a German phone and an English desktop

Checks each for what axe finds (WCAG 2.2 A and AA), for targets below 44 px, for a page wider than
the device, and for words that no catalogue has. Exit status 1 where anything is found.
"""

import os
import re
import sys

import axe_playwright_python
from aboard import Hub, Tablet, expect, sync_playwright

SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1366, 900)}
SCREENS = [
    "stock", "product/1", "product/new", "adjust", "adjust/1", "move/1", "receive", "count", "count/1", "orders",
    "orders/1", "orders/new", "transfers", "transfers/1", "transfers/new", "sale", "alerts", "aboard", "sync",
    "tray", "people", "pairing", "activity", "settings", "more",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = os.path.join(os.path.dirname(axe_playwright_python.__file__), "axe.min.js")

# Links inside a sentence are exempt (WCAG 2.5.8); what is hidden has no size.
SMALL = """() => [...document.querySelectorAll('a, button, select, textarea, input:not([type=checkbox])')]
  .filter((element) => element.checkVisibility() && !element.closest('.skip') && !element.classList.contains('skip'))
  .map((element) => [element, element.getBoundingClientRect()])
  .filter(([, box]) => box.width > 2 && (box.height < 43.5 || box.width < 43.5))
  .map(([element, box]) => `${element.outerHTML.slice(0, 90)} ${Math.round(box.width)}x${Math.round(box.height)}`)"""


def furnish(hub):
    """Something on every screen."""
    store = [
        dict(name="Château Margaux", sku="WINE-MGX-15", quantity=12, unit="bottle", category="Cellar",
             price=64000, minimum=3, barcodes=["3760031000018"], attributes={"vintage": 2015}),
        dict(name="Provence rosé", sku="WINE-PRO-23", quantity=60, unit="bottle", category="Cellar", price=1850, minimum=24),
        dict(name="Espresso beans 1 kg", sku="GAL-COF-1K", quantity=3, unit="bag", category="Galley", price=2490, minimum=4),
        dict(name="Mooring line 16 mm, 15 m", sku="DECK-LIN-16", quantity=0, unit="pcs", category="Deck", price=11800, minimum=2),
        dict(name="Impeller kit", sku="ENG-IMP-21", quantity=4, unit="kit", category="Engine", price=8900, minimum=2),
        dict(name="Still water 6 × 1.5 l", sku="GAL-WAT-6", quantity=48, unit="pack", category="Galley", price=420, minimum=20),
    ]
    for product in store:
        hub.stock(**product)
    for quantity in (-1, -2, 3, -1, 2, -1):
        reason = "use" if quantity < 0 else "return"
        hub.post("stock/adjust", productId=1, locationId=hub.cellar, quantity=quantity, reason=reason)
    hub.post("stock/move", productId=1, fromLocationId=hub.cellar, toLocationId=hub.galley, quantity=4)
    hub.post("reservations", productId=1, locationId=hub.cellar, quantity=2, reason="Charter on Saturday")
    customer = hub.post("customers", name="M/Y Aurora, owner’s party")["customerId"]
    hub.post("orders", customerId=customer, lines=[{"productId": 1, "quantity": 2}, {"productId": 2, "quantity": 6}], note="For dinner")
    hub.post("orders/1/status", status="processing")
    hub.post("orders", lines=[{"productId": 6, "quantity": 4}])
    hub.post("transfers", fromLocationId=hub.cellar, toLocationId=hub.galley, lines=[{"productId": 2, "quantity": 12}])
    hub.post("transfers/1/ship", trackingNumber="TENDER-2")
    hub.post("sales", locationId=hub.cellar, lines=[{"productId": 2, "quantity": 2}], method="card")
    count = hub.post("counts", room="Cellar/11/2026", locationId=hub.cellar)["countId"]
    for scan in ({"productId": 1, "quantity": 7}, {"productId": 2, "quantity": 46}, {"code": "5901234123457"}):
        hub.post(f"counts/{count}/scan", **scan)
    hub.refused_by_shore("inventory:low_stock", "This alert names no product of the fleet.")
    hub.post("notifications", title="Bunkering at 14:00", message="No smoking on deck.", severity="warning")


def check(tablet, name):
    page, found = tablet.page, []
    results = page.evaluate(
        "rules => axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] })", RULES)
    for violation in results["violations"]:
        nodes = "; ".join(node["html"][:120] for node in violation["nodes"][:3])
        found.append(f"{name}: {violation['id']} ({violation['impact']}): {nodes}")
    found += [f"{name}: a small target: {each}" for each in page.evaluate(SMALL)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{name}: wider than the device")
    return found


def main(folder=None):
    if folder:
        os.makedirs(folder, exist_ok=True)
    found = []
    hub = Hub()
    with open(AXE) as file:
        axe = file.read()
    with sync_playwright() as playwright:
        try:
            furnish(hub)
            looks = [(size, scheme, "en-GB") for size in SIZES for scheme in ("light", "dark")]
            if not folder:
                # German words are the longest.
                looks = [("phone", "light", "de-DE"), ("desktop", "dark", "en-GB")]
            for size, scheme, locale in looks:
                tablet = Tablet(playwright, hub, size=SIZES[size], color_scheme=scheme, has_touch=size != "desktop",
                                reduced_motion="reduce", bypass_csp=True, locale=locale)
                try:
                    tablet.page.goto(hub.url + "/welcome")
                    expect(tablet.page.locator("svg.qr")).to_be_visible()
                    tablet.page.evaluate(axe)
                    found += look(tablet, "welcome", size, scheme, folder)
                    tablet.page.goto(tablet.url)
                    expect(tablet.page.locator("#password")).to_be_visible()
                    tablet.page.evaluate(axe)
                    found += look(tablet, "sign-in", size, scheme, folder)
                    tablet.sign_in("ana")
                    tablet.page.evaluate(axe)
                    for screen in SCREENS:
                        tablet.open(screen)
                        # What the hub is asked for, and what fades in.
                        tablet.page.wait_for_load_state("networkidle")
                        tablet.page.wait_for_timeout(350)
                        found += look(tablet, screen, size, scheme, folder)
                    found += [f"{size}, {scheme}: {problem}" for problem in tablet.problems]
                finally:
                    tablet.close()
        finally:
            hub.close()
    for line in sorted(set(found)):
        print(line)
    print(f"{len(SCREENS) + 2} screens, each {len(looks)} times: {len(set(found))} findings")
    return 1 if found else 0


def look(tablet, screen, size, scheme, folder):
    if folder:
        name = re.sub(r"\W+", "-", screen)
        tablet.page.screenshot(path=os.path.join(folder, f"{name}-{size}-{scheme}.png"))
    return check(tablet, f"{screen}, {size}, {scheme}")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
