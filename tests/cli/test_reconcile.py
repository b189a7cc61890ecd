"""Orders of unknown fate are listed beside whoever trades; a person's word on one needs the lock."""

from __future__ import annotations


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
