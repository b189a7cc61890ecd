"""Requests about the connection itself: who, which ids, what time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.gateway.wire.outgoing import CURRENT_TIME, MANAGED_ACCOUNTS, NEXT_VALID_ID

if TYPE_CHECKING:
    from bot.gateway.client import Client
    from bot.gateway.venue import Venue
    from bot.gateway.wire.requests import Request

#: A real gateway has this many clients at most.
CLIENTS_MAX: Final = 32


def start_api(venue: Venue, client: Client, request: Request) -> None:
    """Let a client in under its id, unless another one has it.

    Optional capabilities are taken and not used: none of them is known in the text protocol.
    """
    client_id = request.integer("client_id")
    clients = venue.publisher.clients
    if client_id in clients:
        text = (
            "Unable to connect as the client id is already in use. Retry with a unique client id."
        )
        client.refuse(-1, 326, text)
        client.close()
        return
    if len(clients) >= CLIENTS_MAX:
        client.close()  # what a real one says to the 33rd is not known to us; that it has 32 is
        return
    client.client_id = client_id
    clients[client_id] = client
    send_accounts(venue, client, request)
    client.send(NEXT_VALID_ID, order_id=venue.desk.numbering.next_order_id(client_id))
    for code, text in venue.publisher.feed.farms.notices():
        client.refuse(-1, code, text)


def send_ids(venue: Venue, client: Client, _request: Request) -> None:
    """Answer with the next order id of this client."""
    order_id = venue.desk.numbering.next_order_id(client.owner_id)
    client.send(NEXT_VALID_ID, order_id=order_id)


def send_accounts(venue: Venue, client: Client, _request: Request) -> None:
    """Answer with the account ids as TWS lists them."""
    client.send(MANAGED_ACCOUNTS, accounts=venue.accounts.managed_text)


def send_time(venue: Venue, client: Client, _request: Request) -> None:
    """Answer with the replayed time, in whole seconds since 1970."""
    client.send(CURRENT_TIME, time=int(venue.turns.now().timestamp()))


def ignore(_venue: Venue, _client: Client, _request: Request) -> None:
    """Take note of a request that needs no answer and changes nothing here."""
