#!/usr/bin/env python3
"""uWebSockets, through socketify: tells every text message it hears to all who are connected.

What `quartermaster-bench fanout --peer` compares with. Python only passes the message on; the copies are
made and sent by uWebSockets itself. Needs PyPI's socketify and Debian's libuv1.
"""

from socketify import App, CompressOptions, OpCode


def open_(ws):
    ws.subscribe("all")


def message(ws, text, opcode):
    app.publish("all", text, OpCode.TEXT)


def listening(config):
    print(f"Listening on http://127.0.0.1:{config.port}", flush=True)


app = App()
app.ws("/*", {
    "compression": CompressOptions.DISABLED,
    "max_backpressure": 64 * 1024 * 1024,
    "open": open_,
    "message": message,
})
app.listen({"host": "127.0.0.1", "port": 0}, listening)
app.run()
