"""As much of RFC 6455 as a test device needs, on asyncio streams: text frames, close, ping."""

import asyncio
import base64
import json
import os


class Closed(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class WebSocket:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port, token):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            (
                f"GET /api/ws HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                f"Authorization: Bearer {token}\r\n\r\n"
            ).encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            writer.close()
            raise ConnectionError(head.split(b"\r\n")[0].decode())
        return cls(reader, writer)

    def send(self, message):
        self._frame(0x81, json.dumps(message).encode())

    def _frame(self, first, payload):
        mask = os.urandom(4)
        size = len(payload)
        head = bytes([first, 0x80 | size]) if size < 126 else bytes([first, 0xFE]) + size.to_bytes(2, "big")
        body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self.writer.write(head + mask + body)

    async def receive(self):
        """The next message; raises Closed with the peer's code, or ConnectionError."""
        while True:
            try:
                first, second = await self.reader.readexactly(2)
                size = second & 0x7F
                if size == 126:
                    size = int.from_bytes(await self.reader.readexactly(2), "big")
                elif size == 127:
                    size = int.from_bytes(await self.reader.readexactly(8), "big")
                payload = await self.reader.readexactly(size)
            except asyncio.IncompleteReadError as error:
                raise ConnectionResetError("the hub went away") from error
            opcode = first & 0x0F
            if opcode == 8:
                raise Closed(int.from_bytes(payload[:2], "big") if payload else 1005)
            if opcode == 9:
                self._frame(0x8A, payload)
            elif opcode in (1, 2):
                return json.loads(payload)

    async def until(self, *types):
        while True:
            message = await self.receive()
            if message.get("type") in types:
                return message

    def close(self):
        self.writer.close()
