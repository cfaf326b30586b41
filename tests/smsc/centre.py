"""A second message centre for tests, made with the PyPI package `smpp34`; says the same as centre.js."""

import asyncio
import json
import socket
import sys

import smpp34

GSM = {0: "@", 1: "£", 2: "$", 17: "_"}


def say(what):
    print(json.dumps(what), flush=True)


def text_of(coding, octets):
    if coding == 8:
        return octets.decode("utf-16-be")
    return "".join(GSM.get(octet, chr(octet)) for octet in octets)


async def tell(esme, message_id, to, source):
    answer = await esme.deliver_sm(
        source, f"id:{message_id:08d} sub:001 dlvrd:001 stat:DELIVRD err:000 text:".encode(),
        source_addr=to, source_addr_ton=1, source_addr_npi=1, esm_class=4)
    if answer.command_status == 0:
        say({"receipted": message_id})


async def main():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = smpp34.Server("127.0.0.1", port, system_id="second")
    await server.start()
    say({"listening": port})
    sessions, ids, tasks = {}, 100, set()
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, lambda: (sys.stdin.read(), __import__("os")._exit(0)))
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            sessions[event.session_id] = event
            say({"bound": True})
        elif isinstance(event, smpp34.SubmitSmEvent):
            ids += 1
            octets, udh = event.short_message, None
            if event.esm_class & 0x40:
                length = octets[0]
                udh, octets = [octets[1:length + 1].hex()], octets[length + 1:]
            event.accept(str(ids))
            say({"submit": ids, "to": event.destination_addr, "from": event.source_addr,
                 "text": text_of(event.data_coding, octets), "coding": event.data_coding,
                 "udh": udh, "sar": None, "validity": "string"})
            if event.registered_delivery & 1:
                task = asyncio.create_task(
                    tell(sessions[event.session_id], ids, event.destination_addr, event.source_addr))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

asyncio.run(main())
