"""The grammar of conditions written as text, and the words with which its mistakes are told.

It is LALR(1): a text is read in one pass, whatever it holds.  Words are small; what people named (events, values,
segments) stands in quotes, fields and properties do so only where they could be taken for words of the language.
`and` and `or` do not meet without brackets: which of them binds more is what readers disagree about.
"""

from __future__ import annotations

import re
from functools import cache

from lark import Lark

GRAMMAR = r"""
?start: _expr
_expr: _unit | every | some
every: _unit ("and" _unit)+
some: _unit ("or" _unit)+
_unit: _leaf | negated | bracketed
bracketed: "(" _expr ")"
negated: "not" _unit
_leaf: everyone | attribute | done | undone | never | sequence | occurred | orders | keeps | subscription
  | message | identifier | inside | bucket | lives
everyone: "everyone"

attribute: _name _tests
_tests: _test ("but" _test)*
_test: equal | unequal | known | unknown | one_of | contains | starts_with | contains_any | contains_all
  | at_least | at_most | more_than | less_than | before | after
  | days_ago_at_least | days_ago_at_most | anniversary_within
equal: "is" _value
unequal: "is" "not" _value
known: "is" "known"
unknown: "is" "not" "known"
one_of: "is"? "one" "of" _values
contains: "contains" _value
starts_with: "starts" "with" _value
contains_any: "contains" "any" "of" _values
contains_all: "contains" "all" "of" _values
at_least: "is"? "at" "least" _value
at_most: "is"? "at" "most" _value
more_than: "is"? "more" "than" _value
less_than: "is"? "less" "than" _value
before: "is"? "before" _value
after: "is"? "after" _value
days_ago_at_least: "is"? "at" "least" _number _days "ago"
days_ago_at_most: "is"? "at" "most" _number _days "ago"
anniversary_within: "has" "its" "anniversary" "within" _number _days

done: "did" _text _clause*
undone: "did" "not" _text _clause*
never: "never" "did" _text _clause*
sequence: (done | undone) ("then" step)+
step: _within? (done | undone)
occurred: occasion _text (_which | _window | _tests | having | having_one)*
!occasion: "first" | "last"
having: "having" _details
having_one: "having" detail
_clause: _times | _which | _window | _within
_times: times | times_at_most | times_exactly | times_between
times: "at" "least" _number _often
times_at_most: "at" "most" _number _often
times_exactly: "exactly" _number _often
times_between: _number "to" _number _often
_which: where | where_one | on | between_hours | near
where: "where" _details
where_one: "where" detail
_details: "(" detail ("and" detail)* ")"
detail: _name _tests
on: "on" WEEKDAY ("," WEEKDAY)*
between_hours: "between" _hour "and" _hour
near: _place
_place: "within" _number "km" "of" _number "," _number
_within: within_days | within_hours
within_days: "within" _number _days
within_hours: "within" _number _hours
_window: days | hours | first_days | registered | calendar | since | until
days: "in" "the" "last" _number? _days
hours: "in" "the" "last" _number? _hours
first_days: "in" "the" "first" _number? _days "after" "registering"
registered: "since" "registering"
!calendar: "today" | "yesterday" | ("this" | "last") ("week" | "month" | "year")
since: "since" _moment
until: "until" _moment

orders: measure ("with" _pick ("," _pick)* | _window | _tests)*
!measure: ("number" | "total" | "average") "of" "orders" | ("smallest" | "largest" | "first" | "last") "order"
_pick: category | product | brand | status | products
category: "category" _text
product: "product" _text
brand: "brand" _text
status: "status" _text
products: "products" "in" "segment" (by_id | product_name)
keeps: "products" basket (where | where_one | _tests)*
!basket: "in" "the" "cart" | "on" "the" "wish" "list"
subscription: "subscription" _text channel? (state | states)?
channel: "by" _text
state: "is" _text
states: "is"? "one" "of" _text ("," _text)*
message: "message" fate (channel | campaign | reason | _window)*
!fate: "sent" | "delivered" | "opened" | "clicked" | "bounced" | "complained" | "unsubscribed" | "left" "out"
  | "not" ("opened" | "clicked")
campaign: "of" "campaign" _text
reason: "because" _text
identifier: "identifier" _text (known | unknown)
inside: "in" "segment" (by_id | segment_name)
by_id: ID
segment_name: text
product_name: text
bucket: "drawn" "by" _text "from" _number "to" _number "percent"
lives: "lives" near

_days: "days" | "day"
_hours: "hours" | "hour"
_often: "times" | "time"
_hour: HOUR | _number
_name: name | text
_text: name | text | bare
_moment: bare | text
_value: text | number | yes | no | bare
_values: _value ("," _value)*
_number: number
name: NAME
text: STRING | CURLY
number: NUMBER
bare: DATE | ID
yes: "yes" | "true"
no: "no" | "false"

NAME: /[^\W\d][\w.]*/
STRING: /"(?:[^"\\]|\\[\s\S])*"/
CURLY: /“[^”]*”/
ID.3: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/
DATE.2: /\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?/
HOUR.1: /\d{1,2}:00/
NUMBER: /[+-]?\d{1,310}(?:\.\d{1,310})?(?:e[+-]?\d{1,4})?/i
WEEKDAY: /(?:mon|tues|wednes|thurs|fri|satur|sun)day/i
%ignore /\s+/
"""

# What else than a word can stand somewhere.
KINDS = {
    "NAME": "a name", "STRING": "a text in quotes", "ID": "an id", "DATE": "a date", "HOUR": "an hour",
    "NUMBER": "a number", "WEEKDAY": "a weekday", "$END": "the end",
}  # fmt: skip
# Words that mean little without the next one.
LONGER = {
    "at": "at least", "one": "one of", "more": "more than", "less": "less than", "starts": "starts with",
    "has": "has its anniversary",
    "number": "number of orders", "average": "average of orders", "total": "total of orders",
    "smallest": "smallest order", "largest": "largest order", "products": "products in the cart", "in": "in segment",
    "drawn": "drawn by", "lives": "lives within", "never": "never did", "left": "left out",
}  # fmt: skip
HIDDEN = ("CURLY", "DAY", "HOUR", "TIME", "TRUE", "FALSE")  # other ways to write what is told already


@cache
def grammar() -> Lark:
    """The reader of the language; made once, since that takes longer than to read."""
    return Lark(
        GRAMMAR, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=False
    )


@cache
def openers() -> frozenset[str]:
    """The words that begin a condition: a field with such a name is written in quotes."""
    return frozenset(map(said, grammar().parse_interactive("").accepts())) - set(KINDS.values())


def said(terminal: str) -> str:
    """A terminal as people read it."""
    return KINDS.get(terminal) or str(grammar().get_terminal(terminal).pattern.value)


def is_a(terminal: str, text: str) -> bool:
    """Whether the whole text is such a terminal."""
    return re.fullmatch(grammar().get_terminal(terminal).pattern.to_regexp(), text) is not None
