"""Message layouts: the number of fields, and that no value is lost or left over."""

from __future__ import annotations

import pytest

from bot.gateway.wire import history, incoming, order_reports, outgoing, reference
from bot.gateway.wire.answers import Answer, LayoutError, always, given, layout
from bot.gateway.wire.requests import (
    MalformedRequestError,
    Repeat,
    Request,
    RequestLayout,
    Variants,
    When,
    run,
)

VERSIONS = range(157, 179)

ANSWERS = [
    value
    for module in (outgoing, order_reports, history, reference)
    for value in vars(module).values()
    if isinstance(value, Answer)
]
REQUESTS = [
    value
    for module in (incoming, history, reference)
    for value in vars(module).values()
    if isinstance(value, RequestLayout)
]


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        (order_reports.OPEN_ORDER, 136),
        (order_reports.ORDER_STATUS, 12),
        (order_reports.EXECUTION, 31),
        (order_reports.COMMISSION, 8),
        (order_reports.COMPLETED_ORDER, 101),
        (outgoing.POSITION, 16),
    ],
)
def test_field_counts_at_version_173_are_the_recorded_ones(answer: Answer, count: int) -> None:
    assert answer.field_count(173) == count


@pytest.mark.parametrize(
    ("answer", "version", "count"),
    [
        (order_reports.OPEN_ORDER, 157, 128),
        (order_reports.OPEN_ORDER, 158, 129),
        (order_reports.OPEN_ORDER, 169, 131),
        (order_reports.OPEN_ORDER, 178, 135),  # without the advisor profile
        (order_reports.COMPLETED_ORDER, 169, 96),
        (order_reports.EXECUTION, 178, 32),
        (outgoing.ERROR, 165, 5),
        (outgoing.ERROR, 166, 6),
        (outgoing.PORTFOLIO, 176, 20),
    ],
)
def test_versions_add_and_drop_fields(answer: Answer, version: int, count: int) -> None:
    assert answer.field_count(version) == count


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_a_message_has_as_many_fields_as_its_layout(answer: Answer) -> None:
    values = {item.name: "x" for item in answer.fields if item.constant is None}
    for version in VERSIONS:
        fields = answer.encode(version, values)[4:].decode().split("\0")[:-1]
        assert len(fields) == answer.field_count(version)
        assert fields[0] == str(answer.number)


def test_an_algorithm_adds_its_parameters_to_an_order() -> None:
    parameters = [("adaptivePriority", "Urgent"), ("more", "1")]
    plain, worked = [
        order_reports.algorithm_text(name, parameters).split("\0") for name in ("", "Adaptive")
    ]
    assert plain == [""]
    assert worked == ["Adaptive", "2", "adaptivePriority", "Urgent", "more", "1"]


def test_message_ids_are_unique() -> None:
    numbers = [answer.number for answer in ANSWERS]
    assert len(set(numbers)) == len(numbers)
    assert len({request.number for request in REQUESTS}) == len(REQUESTS)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_field_names_of_a_message_are_unique(answer: Answer) -> None:
    names = [item.name for item in answer.fields]
    assert len(set(names)) == len(names)


SMALL = Answer(
    99, "small", layout(always("100%", "constant"), given("one two"), given("new", since=170))
)


def test_values_stand_where_the_layout_says() -> None:
    values = {"one": 1, "two": None, "new": "n"}
    assert SMALL.encode(176, values)[4:] == b"99\x00100%\x001\x00\x00n\x00"
    assert SMALL.encode(169, values)[4:] == b"99\x00100%\x001\x00\x00"


def test_missing_and_unknown_values_are_refused_by_name() -> None:
    with pytest.raises(LayoutError, match="small needs a value for 'two'"):
        SMALL.encode(169, {"one": 1})
    with pytest.raises(LayoutError, match="small has no field three"):
        SMALL.encode(176, {"one": 1, "two": 2, "new": 3, "three": 4})


GROUPS = RequestLayout(
    98,
    "groups",
    (
        run("kind"),
        run("old", until=170),
        run("new", since=170),
        When(lambda texts: texts["kind"] == "X", (run("extra"),)),
        Repeat("legs", ("ratio", "action")),
        Variants("conditions", {"1": ("price",), "2": ("time", "zone")}),
        When(lambda texts: texts["conditions"] != "0", (run("ignore"),)),
    ),
)


def decode(version: int, text: str) -> Request:
    return GROUPS.decode(version, text.split("|"))


def test_every_field_is_named_including_repeated_ones() -> None:
    request = decode(176, "98|X|n|e|2|1|BUY|2|SELL|2|1|9.5|2|t|z|1")
    assert request.texts == {
        "kind": "X",
        "new": "n",
        "extra": "e",
        "legs": "2",
        "conditions": "2",
        "ignore": "1",
    }
    assert request.rows["legs"] == [
        {"ratio": "1", "action": "BUY"},
        {"ratio": "2", "action": "SELL"},
    ]
    assert request.rows["conditions"] == [
        {"kind": "1", "price": "9.5"},
        {"kind": "2", "time": "t", "zone": "z"},
    ]


def test_old_versions_have_other_fields() -> None:
    assert decode(169, "98|Y|o|0|0").text("old") == "o"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("98|Y|n|0", "too few"),
        ("98|Y|n|0|0|left", "1 fields are left over"),
        ("98|Y|n|3|1|BUY|0|0", "too few"),
        ("98|Y|n|999999999|0", "999999999 rows of legs do not fit"),
        ("98|Y|n|-1|0", "-1 rows"),
        ("98|Y|n|x|0", "number of legs"),
        ("98|Y|n|0|1|7|9.5|1", "unknown kind '7' in conditions"),
        ("98", "too few"),
    ],
)
def test_a_request_that_does_not_fit_is_refused(text: str, words: str) -> None:
    with pytest.raises(MalformedRequestError, match=words):
        decode(176, text)


def test_numbers_are_read_when_used_and_named_when_wrong() -> None:
    request = decode(176, "98|Y|1.5|0|0")
    with pytest.raises(MalformedRequestError, match=r"groups: new: '1\.5' is no whole number"):
        request.integer("new")


@pytest.mark.parametrize("request_layout", REQUESTS, ids=lambda item: item.name)
def test_a_request_without_its_fields_is_refused(request_layout: RequestLayout) -> None:
    if not request_layout.parts:
        request_layout.decode(176, [str(request_layout.number)])
        return
    for version in VERSIONS:
        with pytest.raises(MalformedRequestError, match="too few"):
            request_layout.decode(version, [str(request_layout.number)])
