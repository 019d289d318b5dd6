"""From what is known of a person by itself to tests on the row of the read model: fields, place, share of everyone."""

from __future__ import annotations

from cadenza.cdp.segments.bind import Bind
from cadenza.cdp.segments.compile_value import compile_near, compile_value
from cadenza.cdp.segments.gather import Held
from cadenza.cdp.segments.leaves import Attribute, Bucket, Near
from cadenza.cdp.segments.types import PRESENCE, Kind

SHOWN = {
    Kind.TEXT: "text[{0}]", Kind.NUMBER: "if(mapContains(number, {0}), toString(number[{0}]), '')",
    Kind.FLAG: "if(mapContains(flag, {0}), if(flag[{0}] = 0, 'no', 'yes'), '')",
    Kind.PRESENCE: "if(flag[{0}] = 0, 'no', 'yes')", Kind.LIST: "arrayStringConcat(list[{0}], ', ')",
    Kind.TIME: "if(mapContains(time, {0}), toString(time[{0}]), '')",
}  # fmt: skip
PERSON = "profile"


def compile_people(leaf: Attribute | Near | Bucket, to: Bind) -> Held:
    """The test on the person's own row."""
    match leaf:
        case Attribute(name, kind, tests):
            field = to.text(PRESENCE[name] if kind is Kind.PRESENCE else name)
            said = " and ".join(compile_value(test, kind, field, to) for test in tests)
            return Held(said, SHOWN[kind].format(field))
        case Near():
            return Held(compile_near(leaf, to), "''")
        case Bucket(salt, since, until):
            drawn = f"halfMD5(concat({to.text(salt)}, ':', toString({PERSON}))) % 10000"
            ends = (to.value(int(one * 100), "UInt32") for one in (since, until))
            return Held(f"{drawn} >= {next(ends)} and {drawn} < {next(ends)}", f"toString({drawn} / 100)")


def people(to: Bind) -> str:
    """The rows of everyone who is asked."""
    only = "" if to.frame.people is None else f" and {PERSON} in {{people:Array(UInt64)}}"
    return "from profile final\nwhere workspace = {workspace:UUID}" + only
