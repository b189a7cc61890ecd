"""Orders of unknown fate are listed beside whoever trades; a person's word on one needs the lock."""

from __future__ import annotations

from bot.cli.explain import explain
from bot.cli.status import status


async def test_where_nothing_was_ever_journaled_nothing_is_unknown(world):
    answer = await world.bot("reconcile", "--config", str(world.config), "--json")
    assert (answer.code, answer.facts["unknown"]) == (0, [])
    assert answer.facts["differences"] == []
    assert not world.memory.folder.exists()


async def test_listing_works_beside_a_process_that_trades(world):
    world.memory.journal().close()
    with world.memory.lease():
        answer = await world.bot("reconcile", "--config", str(world.config))
    assert answer.code == 0, answer.err
    assert "Journal and broker agree" in answer.out


async def test_an_acknowledgement_does_not_come_between_a_process_that_trades(world):
    world.memory.journal().close()
    words = ("--acknowledge", "a1b2c3-P1-0-1", "--reason", "not in TWS")
    with world.memory.lease():
        answer = await world.bot("reconcile", *words, "--config", str(world.config))
    assert answer.code == 75
    assert "another instance" in answer.err
    assert world.events() == []


async def test_a_difference_is_shown_explained_and_accepted_with_a_reason(world, capsys):
    """MSFT: 1,173 are held and 474 sold, so 699; 100 come by hand."""
    config = ("--config", str(world.config))
    assert (await world.bot("look", "--execute", *config)).code == 0
    world.gateway.strike("foreign-position", symbol="MSFT", shares=100)
    shown = await world.bot("reconcile", *config, "--json")
    (row,) = shown.facts["differences"]
    assert (shown.code, row["kind"], row["symbol"], row["effect"]) == (
        1,
        "shares",
        "MSFT",
        "symbol",
    )
    assert (row["journal"], row["broker"], row["unit"]) == ("699", "799", "shares")
    assert "runbooks/position-difference.md" in shown.err
    assert world.events("held") == [], "a tool beside a daemon tells and does not hold"
    held = await world.bot("look", "--execute", *config)
    assert held.code == 1
    told = "MSFT is held: 799 shares held, 699 explained by our fills"
    status(config=world.config)
    assert told in " ".join(capsys.readouterr().out.split())
    explain(config=world.config)
    assert told in capsys.readouterr().out
    words = ("--acknowledge", "MSFT", "--reason", "bought by hand")
    done = await world.bot("reconcile", *words, *config, "--json")
    assert (done.code, done.facts["differences"]) == (0, [])
    assert done.facts["accepted"] == ["MSFT: 799 shares, by bought by hand"]
    (released,) = world.events("released")
    assert (released.body["by"], released.body["reason"]) == ("a person", "bought by hand")


async def test_without_a_gateway_the_journal_s_holds_are_told_and_that_this_is_all(world):
    with world.memory.lease(), world.memory.journal() as journal:
        body = {"key": "shares:1", "kind": "shares", "subject": "1", "symbol": "MSFT"}
        body |= {"con_id": 1, "journal": "699", "broker": "799", "unit": "shares", "was": None}
        body |= {"effect": "symbol", "statement": "MSFT is held", "remedy": "look"}
        journal.append("held", body)
    config = ("--config", str(world.config))
    await world.gateway.stop()
    answer = await world.bot("reconcile", *config, "--json")
    assert answer.code == 69
    assert [each["symbol"] for each in answer.facts["differences"]] == ["MSFT"]
    assert "what follows is the journal's alone" in answer.err
