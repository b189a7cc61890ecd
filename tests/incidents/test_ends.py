"""Orders whose end was not their end: filled after a cancel, cancelled by the broker, refused again and again."""

from __future__ import annotations

from bot.core.machines.order import OrderState

SHORT = {"settle_s = 30": "settle_s = 30\norder_timeout_s = 5\nattempts_max = 2"}


def test_ib_insync_491_a_fill_that_overtakes_the_cancel_wins(play):
    """PendingCancel, then Filled: taken for cancelled, the leg was sent again."""

    async def story(stage):
        stage.gateway.behaviour.fill = "none"
        stage.gateway.strike("cancel-race", count=0)
        await stage.look()
        sells = [each for each in stage.records if each.intent.shares < 0]
        assert {each.state for each in sells} == {OrderState.FILLED}
        assert [each.intent.attempt for each in sells] == [1, 1]

    play(story, **SHORT)


def test_pysystemtrade_1580_a_fill_after_cancelled_is_counted(play):
    """Fills came after Cancelled and were lost: the position was wrong for good."""

    async def story(stage):
        stage.gateway.behaviour.fill = "none"
        stage.gateway.strike("fill-after-cancel")
        await stage.look()
        truth = {
            each.ticket.order_ref: each.side.value * int(each.filled)
            for each in stage.our_orders()
            if each.filled
        }
        counted = {each.intent.order_ref: int(each.filled) for each in stage.records if each.filled}
        assert truth
        assert counted == truth

    play(story, **SHORT)


def test_pysystemtrade_949_a_refused_order_is_not_tried_a_million_times(play):
    async def story(stage):
        stage.gateway.behaviour.reject_code = 201
        looks = [await stage.look() for _ in range(5)]
        assert looks[0].outcome == "abandoned"
        assert {look.outcome for look in looks[1:]} == {"blocked"}
        assert {each.intent.attempt for each in stage.records} == {1}
        assert len({look.orders for look in looks}) == 1

    play(story)


def test_pysystemtrade_1249_an_order_that_the_broker_cancels_is_not_sent_without_end(play):
    async def story(stage):
        gateway = stage.gateway
        gateway.behaviour.fill = "none"
        looks = [await stage.look() for _ in range(3)]
        assert looks[0].outcome == "abandoned"
        assert max(each.intent.attempt for each in stage.records) == 2
        assert looks[0].orders == looks[2].orders

    play(story, **SHORT)


def test_ib_async_191_a_notice_on_a_live_order_is_not_its_end(play):
    """10349 made the library call the order cancelled, while it worked and filled: fifteen were sent again."""

    async def story(stage):
        stage.gateway.strike("order-notice", code=10349, count=0)
        assert (await stage.look()).outcome == "traded"
        assert {each.intent.attempt for each in stage.records} == {1}
        assert len(stage.our_orders()) == 9

    play(story)


def test_a_competing_session_takes_the_quotes_and_no_order_is_priced_without(play):
    """10197: another login took the market data, and sizes were made from nothing."""

    async def story(stage):
        stage.gateway.strike("competing-session")
        assert (await stage.look()).outcome in {"unknown", "blocked"}
        assert stage.our_orders() == []
        stage.gateway.faults.end_all()
        assert (await stage.look()).outcome == "traded"

    play(story)
