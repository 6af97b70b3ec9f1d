// The app's files as they stand in Sources/CrewApp/Web, in the program itself: a hub is one file that
// needs no folder beside it, and a box never serves the files of another version. A test compares
// this list with the folder.

#include "crewapp.h"

// Clang knows C23's #embed in every mode, and says so.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char app_css[] = {
#embed "../CrewApp/Web/app.css"
};
static const unsigned char app_js[] = {
#embed "../CrewApp/Web/app.js"
};
static const unsigned char core_disk_js[] = {
#embed "../CrewApp/Web/core/disk.js"
};
static const unsigned char core_dom_js[] = {
#embed "../CrewApp/Web/core/dom.js"
};
static const unsigned char core_goods_js[] = {
#embed "../CrewApp/Web/core/goods.js"
};
static const unsigned char core_i18n_js[] = {
#embed "../CrewApp/Web/core/i18n.js"
};
static const unsigned char core_link_js[] = {
#embed "../CrewApp/Web/core/link.js"
};
static const unsigned char core_qr_js[] = {
#embed "../CrewApp/Web/core/qr.js"
};
static const unsigned char core_queue_js[] = {
#embed "../CrewApp/Web/core/queue.js"
};
static const unsigned char core_request_js[] = {
#embed "../CrewApp/Web/core/request.js"
};
static const unsigned char core_roles_js[] = {
#embed "../CrewApp/Web/core/roles.js"
};
static const unsigned char core_scan_js[] = {
#embed "../CrewApp/Web/core/scan.js"
};
static const unsigned char core_settings_js[] = {
#embed "../CrewApp/Web/core/settings.js"
};
static const unsigned char core_store_js[] = {
#embed "../CrewApp/Web/core/store.js"
};
static const unsigned char core_ui_js[] = {
#embed "../CrewApp/Web/core/ui.js"
};
static const unsigned char core_words_js[] = {
#embed "../CrewApp/Web/core/words.js"
};
static const unsigned char icon_180_png[] = {
#embed "../CrewApp/Web/icon-180.png"
};
static const unsigned char icon_512_png[] = {
#embed "../CrewApp/Web/icon-512.png"
};
static const unsigned char icon_svg[] = {
#embed "../CrewApp/Web/icon.svg"
};
static const unsigned char index_html[] = {
#embed "../CrewApp/Web/index.html"
};
static const unsigned char lang_de_js[] = {
#embed "../CrewApp/Web/lang/de.js"
};
static const unsigned char lang_es_js[] = {
#embed "../CrewApp/Web/lang/es.js"
};
static const unsigned char lang_fr_js[] = {
#embed "../CrewApp/Web/lang/fr.js"
};
static const unsigned char manifest_webmanifest[] = {
#embed "../CrewApp/Web/manifest.webmanifest"
};
static const unsigned char screens_aboard_js[] = {
#embed "../CrewApp/Web/screens/aboard.js"
};
static const unsigned char screens_activity_js[] = {
#embed "../CrewApp/Web/screens/activity.js"
};
static const unsigned char screens_adjust_js[] = {
#embed "../CrewApp/Web/screens/adjust.js"
};
static const unsigned char screens_alerts_js[] = {
#embed "../CrewApp/Web/screens/alerts.js"
};
static const unsigned char screens_count_js[] = {
#embed "../CrewApp/Web/screens/count.js"
};
static const unsigned char screens_move_js[] = {
#embed "../CrewApp/Web/screens/move.js"
};
static const unsigned char screens_orders_js[] = {
#embed "../CrewApp/Web/screens/orders.js"
};
static const unsigned char screens_pairing_js[] = {
#embed "../CrewApp/Web/screens/pairing.js"
};
static const unsigned char screens_people_js[] = {
#embed "../CrewApp/Web/screens/people.js"
};
static const unsigned char screens_product_js[] = {
#embed "../CrewApp/Web/screens/product.js"
};
static const unsigned char screens_receive_js[] = {
#embed "../CrewApp/Web/screens/receive.js"
};
static const unsigned char screens_sale_js[] = {
#embed "../CrewApp/Web/screens/sale.js"
};
static const unsigned char screens_settings_js[] = {
#embed "../CrewApp/Web/screens/settings.js"
};
static const unsigned char screens_sign_in_js[] = {
#embed "../CrewApp/Web/screens/sign-in.js"
};
static const unsigned char screens_stock_js[] = {
#embed "../CrewApp/Web/screens/stock.js"
};
static const unsigned char screens_sync_js[] = {
#embed "../CrewApp/Web/screens/sync.js"
};
static const unsigned char screens_transfers_js[] = {
#embed "../CrewApp/Web/screens/transfers.js"
};
static const unsigned char screens_tray_js[] = {
#embed "../CrewApp/Web/screens/tray.js"
};
static const unsigned char sw_js[] = {
#embed "../CrewApp/Web/sw.js"
};
static const unsigned char welcome_html[] = {
#embed "../CrewApp/Web/welcome.html"
};
static const unsigned char welcome_js[] = {
#embed "../CrewApp/Web/welcome.js"
};

static const struct crewapp_file files[] = {
  {"app.css", app_css, sizeof app_css},
  {"app.js", app_js, sizeof app_js},
  {"core/disk.js", core_disk_js, sizeof core_disk_js},
  {"core/dom.js", core_dom_js, sizeof core_dom_js},
  {"core/goods.js", core_goods_js, sizeof core_goods_js},
  {"core/i18n.js", core_i18n_js, sizeof core_i18n_js},
  {"core/link.js", core_link_js, sizeof core_link_js},
  {"core/qr.js", core_qr_js, sizeof core_qr_js},
  {"core/queue.js", core_queue_js, sizeof core_queue_js},
  {"core/request.js", core_request_js, sizeof core_request_js},
  {"core/roles.js", core_roles_js, sizeof core_roles_js},
  {"core/scan.js", core_scan_js, sizeof core_scan_js},
  {"core/settings.js", core_settings_js, sizeof core_settings_js},
  {"core/store.js", core_store_js, sizeof core_store_js},
  {"core/ui.js", core_ui_js, sizeof core_ui_js},
  {"core/words.js", core_words_js, sizeof core_words_js},
  {"icon-180.png", icon_180_png, sizeof icon_180_png},
  {"icon-512.png", icon_512_png, sizeof icon_512_png},
  {"icon.svg", icon_svg, sizeof icon_svg},
  {"index.html", index_html, sizeof index_html},
  {"lang/de.js", lang_de_js, sizeof lang_de_js},
  {"lang/es.js", lang_es_js, sizeof lang_es_js},
  {"lang/fr.js", lang_fr_js, sizeof lang_fr_js},
  {"manifest.webmanifest", manifest_webmanifest, sizeof manifest_webmanifest},
  {"screens/aboard.js", screens_aboard_js, sizeof screens_aboard_js},
  {"screens/activity.js", screens_activity_js, sizeof screens_activity_js},
  {"screens/adjust.js", screens_adjust_js, sizeof screens_adjust_js},
  {"screens/alerts.js", screens_alerts_js, sizeof screens_alerts_js},
  {"screens/count.js", screens_count_js, sizeof screens_count_js},
  {"screens/move.js", screens_move_js, sizeof screens_move_js},
  {"screens/orders.js", screens_orders_js, sizeof screens_orders_js},
  {"screens/pairing.js", screens_pairing_js, sizeof screens_pairing_js},
  {"screens/people.js", screens_people_js, sizeof screens_people_js},
  {"screens/product.js", screens_product_js, sizeof screens_product_js},
  {"screens/receive.js", screens_receive_js, sizeof screens_receive_js},
  {"screens/sale.js", screens_sale_js, sizeof screens_sale_js},
  {"screens/settings.js", screens_settings_js, sizeof screens_settings_js},
  {"screens/sign-in.js", screens_sign_in_js, sizeof screens_sign_in_js},
  {"screens/stock.js", screens_stock_js, sizeof screens_stock_js},
  {"screens/sync.js", screens_sync_js, sizeof screens_sync_js},
  {"screens/transfers.js", screens_transfers_js, sizeof screens_transfers_js},
  {"screens/tray.js", screens_tray_js, sizeof screens_tray_js},
  {"sw.js", sw_js, sizeof sw_js},
  {"welcome.html", welcome_html, sizeof welcome_html},
  {"welcome.js", welcome_js, sizeof welcome_js},
};

unsigned long crewapp_file_count(void) { return sizeof files / sizeof *files; }

struct crewapp_file crewapp_file_at(unsigned long index) { return files[index]; }
