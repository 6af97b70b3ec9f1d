"""What happens to people with the crew's app, in a real browser against a real hub.

Run by provisioning/test; by hand: python3 Tests/Browser/stories.py [-k WORDS], with QUARTERMASTER_BIN
naming the folder of the built program.
"""

import csv
import json
import re
import time
import unittest

from aboard import PASSWORD, PATIENCE, Hub, Shore, Tablet, eventually, expect, kill, read_qr, sync_playwright

WINE = dict(name="Château Margaux", sku="MGX", quantity=1, barcodes=["3760031000018"],
            forbidsNegative=True, unit="bottle")
BEANS = dict(name="Espresso beans", sku="COF", quantity=20, minimum=4, barcodes=["8000070020580"], unit="bag")


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.playwright = sync_playwright().start()

    @classmethod
    def tearDownClass(cls):
        cls.playwright.stop()

    def setUp(self):
        self.hub = Hub()
        self.addCleanup(self.hub.close)
        self.wine = self.hub.stock(**WINE)
        self.beans = self.hub.stock(**BEANS)
        self.tablets = []

    def tablet(self, **options):
        tablet = Tablet(self.playwright, self.hub, **options)
        self.tablets.append(tablet)
        self.addCleanup(tablet.close)
        return tablet

    def find(self, tablet, words):
        field = tablet.page.get_by_label("Scan or search a product")
        field.fill(words)
        field.press("Enter")

    def tearDown(self):
        for tablet in self.tablets:
            self.assertEqual(tablet.problems, [])


class Bilge(Story):
    """Without a line."""

    def test_two_tablets_take_the_last_bottle_one_of_them_offline(self):
        here, bilge = self.tablet().sign_in("ben"), self.tablet().sign_in("max")
        bilge.wire.cut()
        expect(bilge.line("No line")).to_be_visible()
        bilge.take(self.wine)
        expect(bilge.level(self.wine)).to_have_text("0")
        here.take(self.wine)
        eventually(lambda: self.hub.level(self.wine) == 0)

        bilge.wire.mend()
        bilge.ready()

        bilge.open("tray")
        expect(bilge.page.get_by_text("No Château Margaux is left in Wine cellar.")).to_be_visible()
        expect(bilge.page.get_by_text("Somebody was quicker")).to_be_visible()
        self.assertEqual(self.hub.moves(self.wine), [-1])
        expect(bilge.level(self.wine)).to_have_text("0")

        self.hub.post("stock/add", productId=self.wine, locationId=self.hub.cellar, quantity=2)
        bilge.open("tray")
        bilge.page.get_by_role("button", name="Send again").click()
        expect(bilge.page.get_by_text("Nothing needs a person.")).to_be_visible()
        eventually(lambda: self.hub.moves(self.wine) == [-1, -1])

    def test_a_flat_battery_with_a_queue_loses_nothing_and_books_nothing_twice(self):
        tablet = self.tablet().sign_in("ben")
        tablet.shell_is_kept()
        tablet.copy_is_kept()
        tablet.wire.cut()
        expect(tablet.line("No line")).to_be_visible()
        for _ in range(3):
            tablet.take(self.beans)
        kill(tablet)

        again = Tablet(self.playwright, self.hub, folder=tablet.folder, wire=tablet.wire)
        self.tablets = [again]
        self.addCleanup(again.close)
        again.page.goto(again.url)
        expect(again.line("3 changes wait")).to_be_visible()
        expect(again.level(self.beans)).to_have_text("17")
        self.assertEqual(self.hub.level(self.beans), 20)

        again.wire.mend()
        # Chromium writes cookies to the disk half a minute later: the session may be gone with it.
        door = again.page.locator("#password")
        eventually(lambda: again.waiting() == 0 or door.is_visible())
        if door.is_visible():
            again.sign_in("ben")
        eventually(lambda: again.waiting() == 0)
        self.assertEqual(self.hub.moves(self.beans), [-1, -1, -1])

    def test_an_answer_that_is_lost_on_the_way_is_no_second_booking(self):
        tablet = self.tablet().sign_in("ben")
        tablet.wire.isDeaf = True
        tablet.take(self.beans)
        eventually(lambda: self.hub.level(self.beans) == 19)
        self.assertEqual(tablet.waiting(), 1)

        tablet.wire.cut()
        tablet.wire.mend()
        eventually(lambda: tablet.waiting() == 0)

        self.assertEqual(self.hub.moves(self.beans), [-1])
        expect(tablet.level(self.beans)).to_have_text("19")

    def test_a_line_that_dies_without_a_word_is_told_within_seconds(self):
        tablet = self.tablet().sign_in("ben")
        # Each word stands for some seconds only, which a busy machine may need for looking.
        tablet.page.evaluate("""() => {
          window.words = []
          const note = () => window.words.push(document.querySelector('header .line')?.className)
          note()
          new MutationObserver(note).observe(document.querySelector('header'), { subtree: true, attributes: true, childList: true })
        }""")
        tablet.wire.isDeaf = True
        eventually(lambda: "line none" in tablet.page.evaluate("window.words"))
        words = tablet.page.evaluate("window.words")
        self.assertLess(words.index("line weak"), words.index("line none"))

    def test_the_offline_switch_stays_where_it_is_put(self):
        tablet = self.tablet().sign_in("ben")
        tablet.shell_is_kept()
        tablet.open("sync")
        tablet.page.get_by_role("switch", name="Stay offline").check()
        tablet.take(self.beans)
        tablet.page.reload()
        expect(tablet.line("Offline by choice, 1 change waits")).to_be_visible()
        tablet.page.wait_for_timeout(1500)
        self.assertEqual(self.hub.moves(self.beans), [])

        tablet.page.get_by_role("button", name="Go online").click()
        tablet.ready()
        eventually(lambda: self.hub.moves(self.beans) == [-1])

    def test_two_tabs_of_one_device_send_each_change_once(self):
        tablet = self.tablet().sign_in("ben")
        second = tablet.context.new_page()
        second.goto(tablet.url)
        expect(second.locator("header").get_by_role("link", name=re.compile("Good line|Weak line"))).to_be_visible()
        expect(second.locator("main:not([data-early])")).to_be_visible()
        tablet.wire.cut()
        tablet.page.bring_to_front()
        expect(tablet.line("No line")).to_be_visible()
        tablet.take(self.beans)
        second.bring_to_front()
        second.evaluate("id => { location.hash = `#/adjust/${id}` }", self.beans)
        second.get_by_role("button", name=re.compile("^Take 1")).click()
        eventually(lambda: tablet.waiting() == 2)
        tablet.wire.mend()
        tablet.page.bring_to_front()
        eventually(lambda: tablet.waiting() == 0)
        self.assertEqual(self.hub.moves(self.beans), [-1, -1])
        expect(tablet.level(self.beans)).to_have_text("18")


class Together(Story):
    """Several hands."""

    def test_a_change_by_another_hand_shows_is_marked_and_moves_nothing(self):
        tablet = self.tablet().sign_in("ben")
        tablet.open("stock")
        row = tablet.page.locator(".list li").filter(has_text="Espresso beans")
        amount = row.locator(".amount")
        expect(amount).to_contain_text("20")
        before = row.bounding_box()
        # The mark goes after four seconds, which a busy machine may need for looking.
        row.evaluate("""row => {
          window.marks = []
          new MutationObserver(() => window.marks.push(row.className)).observe(row, { attributes: true })
        }""")
        self.hub.post("stock/remove", productId=self.beans, locationId=self.hub.cellar, quantity=3)
        expect(amount).to_contain_text("17")
        eventually(lambda: "fresh" in tablet.page.evaluate("window.marks"))
        self.assertEqual(row.bounding_box(), before)

    def test_a_count_with_three_devices_one_of_them_in_the_bilge(self):
        chief, deck, bilge = (self.tablet().sign_in(name) for name in ("max", "ben", "ana"))
        chief.open("count")
        chief.page.get_by_label("Name of the session").fill("Cellar/11/2026")
        chief.page.get_by_label("Where").select_option(str(self.hub.cellar))
        chief.page.get_by_role("button", name="Start", exact=True).click()
        room = chief.page.get_by_role("heading", name="Cellar/11/2026")
        expect(room).to_be_visible()
        count = self.hub.ask("counts")["items"][0]["id"]
        for tablet in (deck, bilge):
            tablet.open(f"count/{count}")
            expect(tablet.page.get_by_role("heading", name="Cellar/11/2026")).to_be_visible()
            expect(tablet.page.get_by_label("Scan or search a product")).to_be_focused()
        bilge.wire.cut()
        expect(bilge.line("No line")).to_be_visible()

        for tablet, code, times in ((deck, "8000070020580", 2), (bilge, "8000070020580", 3), (bilge, "4006381333931", 1)):
            for _ in range(times):
                tablet.scan(code)
        expect(chief.page.locator("main .list li")).to_have_count(2)
        expect(bilge.page.get_by_label("Waiting on this device").locator("li")).to_have_count(4)
        # Taken from the shelf after it was counted: it stays taken.
        self.hub.post("stock/remove", productId=self.beans, locationId=self.hub.galley, quantity=1)

        bilge.wire.mend()
        expect(chief.page.get_by_text("6 scans")).to_be_visible(timeout=2 * PATIENCE * 1000)
        # A slip is taken back, and its line stays to be seen.
        deck.page.get_by_role("button", name="Take back Espresso beans").first.click()
        expect(chief.page.get_by_text("5 scans")).to_be_visible()

        chief.page.get_by_role("button", name="Look at the differences").click()
        expect(chief.page.get_by_text("expected 20")).to_be_visible()
        expect(chief.page.get_by_text("4006381333931")).to_be_visible()
        chief.page.get_by_role("button", name="Book the count").click()
        chief.page.get_by_role("dialog").get_by_role("button", name="Book").click()
        chief.hears("The count is booked.")
        eventually(lambda: self.hub.ask("counts")["items"][0]["status"] == "completed")
        self.assertEqual(self.hub.moves(self.beans)[-1], 4 - 20)
        expect(deck.page.locator("main .badge", has_text="Booked")).to_be_visible()

    def test_a_blind_count_hides_levels_from_who_counts_until_it_is_booked(self):
        rice = self.hub.post("products", name="Rice", sku="RICE")["productId"]
        self.hub.post("stock/add", productId=rice, locationId=self.hub.galley, quantity=7)
        chief, deck = self.tablet().sign_in("max"), self.tablet().sign_in("ben")
        deck.shell_is_kept()
        deck.copy_is_kept()
        deck.open("stock")
        amount = deck.page.locator(".list li").filter(has_text="Espresso beans").locator(".amount")
        expect(amount).to_contain_text("20")
        chief.open("count")
        chief.page.get_by_label("Name of the session").fill("Blind")
        chief.page.get_by_label("Where").select_option(str(self.hub.cellar))
        chief.page.get_by_label("Blind: counters do not see expected levels").check()
        chief.page.get_by_role("button", name="Start", exact=True).click()
        expect(amount).to_contain_text("–")
        expect(deck.page.locator(".list li").filter(has_text="Rice").locator(".amount")).to_contain_text("7")

        # Nor does the copy on the device hold it any longer.
        eventually(lambda: '"onHand":null' in (kept := json.dumps(deck.kept("copy", "getAll()")).replace("\\", ""))
                   and '"onHand":20' not in kept and '"quantity":20' not in kept)
        deck.wire.cut()
        deck.page.reload()
        expect(amount).to_contain_text("–")
        expect(deck.level(self.beans)).to_have_text("–")
        expect(deck.page.get_by_text("It is being counted blind")).to_be_visible()
        deck.wire.mend()
        deck.ready()
        # Work goes on; where it lies, the person says.
        deck.open(f"adjust/{self.beans}")
        deck.page.get_by_label("Place", exact=True).select_option(str(self.hub.cellar))
        deck.page.get_by_role("button", name="Take 1").click()
        eventually(lambda: self.hub.level(self.beans) == 19)

        count = self.hub.ask("counts")["items"][0]["id"]
        deck.open(f"count/{count}")
        deck.page.get_by_label("How many", exact=True).fill("18")
        self.find(deck, "COF")
        expect(chief.page.locator("main .tally")).to_have_text("1 scan")
        chief.page.get_by_role("button", name="Look at the differences").click()
        expect(chief.page.get_by_text("expected 19")).to_be_visible()
        chief.page.get_by_role("button", name="Book the count").click()
        chief.page.get_by_role("dialog").get_by_role("button", name="Book").click()
        chief.hears("The count is booked.")
        expect(deck.level(self.beans)).to_have_text("18")

    def test_signing_out_from_another_device_ends_the_stay_and_keeps_what_was_entered(self):
        tablet = self.tablet().sign_in("ben")
        tablet.copy_is_kept()
        tablet.wire.cut()
        tablet.take(self.beans)
        admin = self.tablet().sign_in("ana")
        admin.open("people")
        row = admin.page.locator("li").filter(has_text=re.compile(r"^ben.*since"))
        row.get_by_role("button", name="Sign out").click()
        admin.hears("Signed out.")

        tablet.wire.mend()
        expect(tablet.page.get_by_text("Your session has ended.")).to_be_visible(timeout=2 * PATIENCE * 1000)
        self.assertEqual(tablet.waiting(), 1)
        self.assertEqual(self.hub.moves(self.beans), [])
        self.assertEqual(tablet.kept("copy", "count()"), 0)

        # Another person's sign-in sends nothing of it, the same person's does.
        tablet.sign_in("max")
        tablet.page.wait_for_timeout(500)
        self.assertEqual(self.hub.moves(self.beans), [])
        tablet.sign_out()
        tablet.sign_in("ben")
        eventually(lambda: self.hub.moves(self.beans) == [-1])

    def test_what_a_role_may_not_do_is_not_offered(self):
        tablet = self.tablet().sign_in("ben")
        rail = tablet.page.get_by_role("navigation", name="All screens")
        expect(rail.get_by_role("link", name="Settings")).to_be_visible()
        expect(rail.get_by_role("link", name="People")).to_have_count(0)
        expect(tablet.page.get_by_role("link", name="Add a product")).to_have_count(0)
        tablet.open("people")
        expect(tablet.page.get_by_role("heading", name="Stock")).to_be_visible()
        tablet.open(f"product/{self.beans}")
        expect(tablet.page.locator(".figure .level")).to_be_visible()
        expect(tablet.page.get_by_role("button", name="Edit")).to_have_count(0)

    def test_a_name_with_a_script_in_it_stays_a_name(self):
        name = '<img src=x onerror="document.title=1"><script>alert(1)</script>'
        product = self.hub.stock(name=name, sku="XSS", quantity=1)
        tablet = self.tablet().sign_in("ben")
        tablet.open(f"product/{product}")
        expect(tablet.page.get_by_role("heading", level=1)).to_have_text(name)
        expect(tablet.page.locator(".figure .level")).to_be_visible()
        self.assertEqual(tablet.page.locator("main img, main script").count(), 0)


class Time(Story):
    """Restarts, restores and wrong clocks."""

    def test_the_hub_is_restored_from_a_backup_under_an_open_tab(self):
        tablet = self.tablet().sign_in("ben")
        tablet.take(self.beans, 2)
        eventually(lambda: self.hub.moves(self.beans) == [-2])
        backup = self.hub.folder + "/backup"
        self.hub.run("backup", backup)
        tablet.take(self.beans, 3)
        eventually(lambda: self.hub.moves(self.beans) == [-2, -3] and tablet.waiting() == 0)

        self.hub.stop()
        expect(tablet.line("No line")).to_be_visible()
        self.hub.run("restore", backup)
        self.hub.start()
        tablet.ready()
        expect(tablet.level(self.beans)).to_have_text("18")

        expect(tablet.page.get_by_text("1 change that you made here may be missing")).to_be_visible()
        tablet.page.get_by_role("button", name="Send again").click()
        eventually(lambda: self.hub.level(self.beans) == 15)
        # What the backup held was not booked twice.
        self.assertEqual(self.hub.moves(self.beans), [-2, -3])
        expect(tablet.level(self.beans)).to_have_text("15")

    def test_a_hub_that_restarts_is_followed_without_a_touch(self):
        tablet = self.tablet().sign_in("ben")
        self.hub.stop()
        expect(tablet.line("No line")).to_be_visible()
        tablet.take(self.beans)
        self.hub.start()
        eventually(lambda: self.hub.moves(self.beans) == [-1])
        tablet.ready()

    def test_a_tablet_whose_clock_is_a_week_off_counts_and_books_like_any(self):
        tablet = self.tablet()
        tablet.page.clock.set_system_time(time.time() - 7 * 86400)
        tablet.sign_in("ben")
        tablet.take(self.beans)
        eventually(lambda: self.hub.moves(self.beans) == [-1])
        move = self.hub.ask(f"movements?productId={self.beans}&order=newest")["items"][0]
        self.assertAlmostEqual((move["time"] - move["deviceTime"]) / 86_400_000, 7, delta=0.1)
        expect(tablet.level(self.beans)).to_have_text("19")


class Work(Story):
    """A day's work, with the fingers."""

    def test_a_delivery_is_scanned_outlives_a_reload_and_is_booked_in_one_go(self):
        tablet = self.tablet().sign_in("ben")
        tablet.open("receive")
        tablet.page.get_by_label("New lines go to").select_option(str(self.hub.cellar))
        for words in ("8000070020580", "8000070020580"):
            self.find(tablet, words)
        # Enter in the same moment as the words, before any of their matches is drawn.
        tablet.page.get_by_label("Scan or search a product").evaluate(
            "(field, words) => { field.value = words; field.dispatchEvent(new Event('input')); field.form.requestSubmit() }",
            "margaux")
        expect(tablet.page.get_by_role("button", name="Book 3 units")).to_be_visible()
        tablet.page.reload()
        tablet.ready()
        tablet.page.get_by_role("button", name="Book 3 units").click()
        eventually(lambda: (self.hub.level(self.beans), self.hub.level(self.wine)) == (22, 2))
        expect(tablet.page.get_by_text("Scan or search what was delivered.")).to_be_visible()

    def test_an_order_is_taken_filled_and_delivered(self):
        tablet = self.tablet().sign_in("ben")
        tablet.open("orders/new")
        self.find(tablet, "COF")
        tablet.page.get_by_role("button", name="Espresso beans: one more").click()
        tablet.page.get_by_role("button", name="Take the order").click()
        tablet.page.get_by_role("link", name="Order 1").click()
        tablet.page.get_by_label("Take the goods from").select_option(str(self.hub.cellar))
        tablet.page.get_by_role("button", name="Take all that is open").click()
        expect(tablet.page.get_by_text("2 of 2 taken")).to_be_visible()
        tablet.page.get_by_role("button", name="Delivered").click()
        expect(tablet.page.get_by_text("Nothing is left to do.")).to_be_visible()
        self.assertEqual(self.hub.level(self.beans), 18)

    def test_a_transfer_of_which_a_part_arrives(self):
        tablet = self.tablet().sign_in("ben")
        tablet.open("transfers/new")
        tablet.page.get_by_label("From").select_option(str(self.hub.cellar))
        tablet.page.get_by_label("To", exact=True).select_option(str(self.hub.galley))
        self.find(tablet, "COF")
        for _ in range(2):
            tablet.page.get_by_role("button", name="Espresso beans: one more").click()
        tablet.page.get_by_role("button", name="Plan the transfer").click()
        tablet.page.get_by_role("link", name="Transfer 1").click()
        tablet.page.get_by_role("button", name="Send it off").click()
        tablet.page.get_by_role("button", name="Only a part arrived").click()
        tablet.page.get_by_role("button", name="Espresso beans: one less").click()
        tablet.page.get_by_role("button", name="Book, the rest is missing").click()
        expect(tablet.page.get_by_text("2 received")).to_be_visible()
        self.assertEqual(self.hub.level(self.beans), 19)

    def test_a_sale_takes_the_goods_and_is_undone(self):
        tablet = self.tablet().sign_in("max")
        tablet.open("sale")
        tablet.page.get_by_label("Taken from").select_option(str(self.hub.cellar))
        self.find(tablet, "COF")
        tablet.page.get_by_role("button", name="Sell").click()
        eventually(lambda: self.hub.level(self.beans) == 19)
        tablet.page.get_by_role("button", name="Undo").click()
        tablet.page.get_by_role("dialog").get_by_role("button", name="Undo").click()
        eventually(lambda: self.hub.level(self.beans) == 20)
        expect(tablet.page.get_by_text("Undone", exact=True)).to_be_visible()

    def test_a_link_opens_its_product_at_the_first_sign_in_and_each_of_two_quick_taps_counts(self):
        tablet = self.tablet()
        tablet.page.goto(f"{tablet.url}#/adjust/{self.beans}")
        tablet.page.locator("#name").fill("ben")
        tablet.page.locator("#password").fill(PASSWORD)
        tablet.page.locator("form .primary").click()
        more = tablet.page.get_by_role("button", name="How many: one more")
        more.evaluate("button => { button.click(); button.click() }")
        tablet.page.get_by_role("button", name="Take 3").click()
        eventually(lambda: self.hub.moves(self.beans) == [-3])

    def test_a_person_is_added_and_signs_in(self):
        admin, tablet = self.tablet().sign_in("ana"), self.tablet()
        admin.open("people")
        admin.page.get_by_role("button", name="Add a person").click()
        admin.page.get_by_label("Name to sign in with").fill("eva")
        admin.page.get_by_label("Password").fill(PASSWORD)
        admin.page.get_by_role("button", name="Save").click()
        expect(admin.page.locator("li").filter(has_text="eva")).to_be_visible()
        tablet.sign_in("eva")
        admin.open("aboard")
        expect(admin.page.locator("li").filter(has_text="eva")).to_be_visible()

    def test_the_activity_is_saved_as_a_table_that_runs_nothing(self):
        product = self.hub.stock(name="=HYPERLINK(1)", sku="EVIL", quantity=1)
        tablet = self.tablet().sign_in("max")
        tablet.open("activity")
        expect(tablet.page.get_by_text("New product =HYPERLINK(1)")).to_be_visible()
        with tablet.page.expect_download() as download:
            tablet.page.get_by_role("button", name="Save as CSV").click()
        with open(download.value.path(), newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
        self.assertEqual(rows[0], ["seq", "time", "type", "what", "userId", "data"])
        self.assertTrue(any(row[2] == "product:created" and str(product) in row[5] for row in rows))
        self.assertFalse([cell for row in rows for cell in row if cell[:1] in "=+-@" and cell])


class Ashore(Story):
    def shore(self):
        shore = Shore(self.hub.folder)
        self.addCleanup(shore.stop)
        shore.start()
        self.hub.stop()
        self.hub.shore = shore.flags
        self.hub.start()
        return shore

    def test_both_receipts_are_shown_and_a_person_decides_between_two_edits(self):
        shore = self.shore()
        tablet = self.tablet().sign_in("max")
        tablet.take(self.beans)
        tablet.open("sync")
        expect(tablet.page.get_by_text("On shore", exact=True)).to_be_visible(timeout=2 * PATIENCE * 1000)

        shore.stop()
        self.hub.post(f"products/{self.beans}/update", minimum=5)
        shore.run("send", "aurora", "product.update", json.dumps({"productId": self.beans, "minimum": 6}), "--by", "Ana")
        shore.start()
        tablet.open("tray")
        expect(tablet.page.get_by_text("Edited aboard and ashore: Espresso beans")).to_be_visible(timeout=2 * PATIENCE * 1000)
        tablet.page.get_by_role("button", name="Aboard: 5").click()
        expect(tablet.page.get_by_text("Nothing needs a person.")).to_be_visible()
        eventually(lambda: self.hub.ask(f"products/{self.beans}")["minimum"] == 5)

        tablet.open("sync")
        tablet.page.get_by_role("button", name="Sync now").click()
        tablet.hears("The hub tries to reach shore now.")
        shore.stop()
        self.hub.post(f"products/{self.beans}/update", price=1000)
        shore.run("send", "aurora", "product.update", json.dumps({"productId": self.beans, "price": 1100}), "--by", "Ana")
        shore.start()
        tablet.open("tray")
        expect(tablet.page.get_by_label("Another value")).to_be_visible(timeout=2 * PATIENCE * 1000)
        tablet.page.get_by_label("Another value").fill("10.50")
        tablet.page.get_by_role("button", name="Take this one").click()
        expect(tablet.page.get_by_text("Nothing needs a person.")).to_be_visible()
        eventually(lambda: self.hub.ask(f"products/{self.beans}")["price"] == 1050)

    def test_what_hub_and_shore_would_not_take_is_carried_out_corrected_or_let_go(self):
        shore = self.shore()
        admin = self.tablet().sign_in("ana")
        admin.open("tray")
        # The office knows a product that is not aboard yet.
        shore.run("send", "aurora", "product.update", json.dumps({"productId": self.beans + 1, "minimum": 6}), "--by", "Ana")
        card = admin.page.locator(".card")
        expect(card).to_contain_text("Ana asked for it ashore, and this hub refused", timeout=2 * PATIENCE * 1000)
        admin.page.evaluate("""() => {
            window.mostCards = 0
            const look = () => { window.mostCards = Math.max(window.mostCards, document.querySelectorAll('.card').length) }
            new MutationObserver(look).observe(document.body, { childList: true, subtree: true })
        }""")
        admin.page.get_by_role("button", name="Carry it out now").click()
        admin.hears("toast bad")
        expect(card).to_have_count(1)
        self.assertEqual(admin.page.evaluate("window.mostCards"), 1)
        tea = self.hub.stock(name="Tea", sku="TEA", quantity=0)
        self.assertEqual(tea, self.beans + 1)
        admin.page.get_by_role("button", name="Carry it out now").click()
        expect(admin.page.get_by_text("Nothing needs a person.")).to_be_visible()
        self.assertEqual(self.hub.ask(f"products/{tea}")["minimum"], 6)

        self.hub.stop()
        self.hub.refused_by_shore("inventory:updated", "It has no place.", 2)
        self.hub.shore = []
        expect(admin.line("No line")).to_be_visible()
        self.hub.start()
        admin.ready()
        admin.open("stock")
        admin.open("tray")
        expect(card).to_have_count(2)
        first, second = card.nth(0), card.nth(1)
        second.get_by_role("button", name="Send again").click()
        expect(second).to_contain_text("It is sent again when there is a line to shore.")
        second.get_by_role("button", name="Correct it").click()
        second.get_by_label("difference").fill("many")
        second.get_by_role("button", name="Send the correction").click()
        admin.hears("difference is not a whole number.")
        second.get_by_label("difference").fill("2")
        second.get_by_label("Why", exact=True).fill("A slip")
        second.get_by_role("button", name="Send the correction").click()
        expect(card).to_have_count(1)
        corrected = self.hub.ask("events?after=0&limit=1000")["items"][-1]
        self.assertEqual((corrected["type"], corrected["data"]["data"]["difference"]), ("tray:corrected", 2))
        first.get_by_role("button", name="Let it go").click()
        first.get_by_label("Why shore need not have it").fill("A test")
        first.get_by_role("button", name="Let it go").click()
        expect(admin.page.get_by_text("Nothing needs a person.")).to_be_visible()


class Trust(Story):
    """A device that the hub does not know, and that does not know the hub."""

    def test_the_welcome_shows_what_the_box_prints_and_a_picture_that_a_camera_reads(self):
        tablet = self.tablet(locale="fr-FR")
        page = tablet.page
        page.goto(f"{self.hub.url}/welcome")
        expect(page.get_by_role("heading", name="Bienvenue à bord")).to_be_visible()
        printed = self.hub.run("trust").splitlines()[0].removeprefix("SHA-256: ")
        expect(page.locator(".figures-of-trust span")).to_have_text(printed.split())
        port = self.hub.secure.rsplit(":", 1)[1]
        self.assertEqual(read_qr(page.locator("svg.qr")), [f"https://127.0.0.1:{port}/"])

        for device, name, start in [
            ("iPhone, iPad", "mobileconfig", b"<?xml"), ("Android", "crt", b"\x30\x82"), ("Ordinateur", "pem", b"-----BEGIN"),
        ]:
            page.get_by_role("button", name=device).click()
            link = page.locator(".steps a.primary")
            expect(link).to_have_attribute("href", re.compile(name + "$"))
            href = link.get_attribute("href")
            self.assertTrue(page.request.get(self.hub.url + href).body().startswith(start))

    def test_a_code_of_any_length_is_read(self):
        tablet = self.tablet()
        tablet.page.goto(tablet.url)
        source = tablet.page.evaluate("document.querySelector('script[type=module]').src.replace('app.js', 'core/qr.js')")
        # The example of the standard itself, and a text for each size of picture.
        self.assertEqual(
            tablet.page.evaluate("""async ([source, data]) => (await import(source)).correction(data, 10)""",
                                 [source, [16, 32, 12, 86, 97, 128, 236, 17, 236, 17, 236, 17, 236, 17, 236, 17]]),
            [165, 36, 212, 193, 237, 54, 199, 135, 44, 85])
        for length in (1, 14, 26, 42, 62, 84, 106, 122, 152, 180, 213):
            words = "".join(chr(33 + (length * 7 + place * 31) % 90) for place in range(length))
            tablet.page.evaluate("""async ([source, words]) => {
              const { path, size } = (await import(source)).qrPath(words)
              document.getElementById('probe')?.remove()
              document.body.insertAdjacentHTML('beforeend',
                `<svg id="probe" viewBox="0 0 ${size} ${size}"><path class="ink" d="${path}"/></svg>`)
            }""", [source, words])
            self.assertEqual(read_qr(tablet.page.locator("#probe")), [words])

    def test_a_phone_is_let_in_by_a_picture_and_next_time_by_a_pin(self):
        manager = self.tablet().sign_in("max")
        manager.open("pairing")
        manager.page.get_by_label("Name", exact=True).fill("ben")
        manager.page.get_by_label("What people call the device").fill("Ben’s phone")
        manager.page.get_by_role("button", name="Make a code").click()
        picture = manager.page.locator("svg.qr")
        expect(picture).to_be_visible()
        [link] = read_qr(picture)
        self.assertRegex(link, r"^https://[^/]+/#/pair/[A-Z2-9]{5}-[A-Z2-9]{5}$")

        # As the phone's camera opens it; the test's browser is told to trust the hub.
        phone = self.tablet(size=(390, 844), ignore_https_errors=True)
        # Chromium takes a worker from trusted authorities only, whatever the page was allowed.
        phone.harmless += "|SSL certificate"
        phone.page.goto(self.hub.secure + link[link.index("/#"):])
        expect(phone.page.get_by_label("Code")).to_have_value(link.rsplit("/", 1)[1])
        expect(phone.page).not_to_have_url(re.compile("pair"))
        phone.page.get_by_role("button", name="Pair this device").click()
        phone.ready()
        self.assertTrue(phone.page.evaluate("isSecureContext"))
        self.assertIn("Ben’s phone", [device["name"] for device in self.hub.ask("devices")["items"] if device["paired"]])

        phone.open("settings")
        phone.page.get_by_label("New PIN").fill("4711")
        phone.page.get_by_role("button", name="Set the PIN").click()
        phone.hears("The PIN is set.")
        phone.page.get_by_role("button", name="Sign out").click()
        phone.page.get_by_role("button", name="ben").click()
        phone.page.get_by_label("PIN").fill("4712")
        phone.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(phone.page.get_by_role("alert")).to_have_text("The name or the PIN is wrong.")
        phone.page.get_by_label("PIN").fill("4711")
        phone.page.get_by_role("button", name="Sign in", exact=True).click()
        phone.ready()

        # The code was for once.
        other = self.tablet()
        other.page.goto(other.url + link[link.index("#"):])
        other.page.get_by_role("button", name="Pair this device").click()
        expect(other.page.get_by_role("alert")).to_have_text("This code is not valid, or no longer. Ask for another.")

        # Shut out, the phone is out at once, PIN and all.
        phone_id = next(device["id"] for device in self.hub.ask("devices")["items"] if device["paired"])
        self.hub.post(f"devices/{phone_id}/update", active=False)
        expect(phone.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        phone.page.get_by_role("button", name="ben").click()
        phone.page.get_by_label("PIN").fill("4711")
        phone.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(phone.page.get_by_role("alert")).to_contain_text("Sign in with the password.")


class FirstStart(unittest.TestCase):
    def test_the_door_says_what_is_wrong_and_lets_nobody_in(self):
        with sync_playwright() as playwright:
            hub = Hub()
            self.addCleanup(hub.close)
            tablet = Tablet(playwright, hub)
            try:
                tablet.page.goto(tablet.url)
                tablet.page.get_by_label("Name", exact=True).fill("ben")
                tablet.page.get_by_label("Password").fill(PASSWORD + "?")
                tablet.page.get_by_role("button", name="Sign in", exact=True).click()
                expect(tablet.page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
                self.assertEqual(tablet.problems, [])
            finally:
                tablet.close()


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
