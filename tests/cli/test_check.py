"""The first purchase out of cash is compared with what one plan may trade."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bot.app import mandate_of
from bot.cli.check import Checked, _note_first_purchase


def test_cash_that_one_plan_may_not_invest_is_noted_and_is_no_finding(world):
    mandate = mandate_of(world.settings)
    limits = replace(mandate.limits, plan_turnover_max=0.25)
    mandate = replace(mandate, limits=limits)
    cash_only = np.zeros_like(mandate.course.targets)
    cash_only[-1] = 1.0
    checked = Checked()
    _note_first_purchase(checked, cash_only, mandate)
    assert checked.findings == []
    (note,) = checked.notes
    assert "plan_turnover_max allows 25.00 %" in note
    quiet = Checked()
    _note_first_purchase(quiet, mandate.course.targets, mandate)
    assert quiet.notes == []
