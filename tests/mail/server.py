"""A real SMTP server for the tests: `server.py FOLDER MODE [PORT]`; prints its port when it listens.

MODE accept keeps every mail as a file, refuse turns recipients away for good, busy asks to come again.
"""

import asyncio
import pathlib
import sys

from aiosmtpd.smtp import SMTP


class Handler:
    def __init__(self, folder, mode):
        self.folder, self.mode, self.number = pathlib.Path(folder), mode, 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.mode == "refuse":
            return "550 5.1.1 no such user"
        if self.mode == "busy":
            return "451 4.3.0 come again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.number += 1
        part = self.folder / f"{self.number}.part"
        part.write_bytes(envelope.content)
        part.rename(self.folder / f"{self.number}.eml")
        return "250 OK"


async def main(folder, mode, port=0):
    handler = Handler(folder, mode)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="localhost", loop=loop), "127.0.0.1", int(port))
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
