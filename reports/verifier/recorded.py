"""Does this bundle prove what it says of a decision that a venue made elsewhere?

The `verify.py` of such a bundle is the one of every other bundle with this behind it: digests,
signed checkpoint and proofs are checked there; here, that closes, price and mark of the explanation
are those of the log. Who was to be closed the venue decided: of that there is nothing to prove.
"""

import sys
from fractions import Fraction
from typing import Any

from reports.verifier.verify import Bundle, check, json_of, leaf_of, main, note_from

CLOSED = "market.position_deleveraged/"
MARK = "market.mark_price_updated/"


class RecordedBundle(Bundle):
    """A bundle without ranking and policy: neither is in the record."""

    def kind(self, start: str) -> list[Any]:
        """The events of one kind, in the order of the log."""
        found = [seq for seq, event in self.events.items() if event["type"].startswith(start)]
        return [self.events[seq] for seq in sorted(found)]

    def decision(self) -> str:
        """Are closes, price and mark of the explanation those of the log?"""
        said, closes = json_of(self.take("explanation.json")), self.kind(CLOSED)
        head, name = said["decision"], self.manifest["decision"]
        check(said["recorded"] is True and closes, "the closes are missing")
        check(head["id"] == name == f"ADL-{closes[0]['seq']}", "another decision")
        check(all(e["data"]["decision_id"] is None for e in closes), "it was decided in the log")
        places = {(e["stream"], e["source"].get("block", e["time"])) for e in closes}
        check(len(places) == 1, "closes of several blocks or markets")
        self.fixed_first(closes[0]["seq"])
        told = {item["seq"]: item["leaf"] for item in said["evidence"]}
        for seq in self.events:
            leaf = leaf_of(self.take(f"events/{seq:09d}.json")).hex()
            check(told.pop(seq, None) == leaf, f"the explanation's leaf {seq}")
        check(not told, "an event of the explanation is missing")
        self.numbers_of(said, closes)
        what = "1 close" if len(closes) == 1 else f"{len(closes)} closes"
        return f"{what}, price and mark are those of the log; the venue decided elsewhere"

    def fixed_first(self, seq: int) -> None:
        """Was the earlier checkpoint, where there is one, signed before the first close?"""
        if "checkpoint-before" in self.members:
            _, old, _ = note_from(self.take("checkpoint-before"), self.keys)
            check(old < seq, "the earlier checkpoint is not earlier")

    def numbers_of(self, said: Any, closes: list[Any]) -> None:
        """Are the explanation's decimals the whole numbers of the events?"""
        stream, head = closes[0]["stream"], said["decision"]
        listed = [e["data"] for e in self.kind("market.listed/") if e["stream"] == stream]
        names = ("lot_size", "tick_size", "point_value")
        lot, tick, point = (Fraction(listed[0][name]) for name in names)
        first, lots = closes[0]["data"], sum(e["data"]["quantity"] for e in closes)
        price = abs(first["amount"]) / (first["quantity"] * point)
        shown = [(head["quantity"], lots * lot), (head["close_price"], price * tick)]
        marks = [e["data"]["price"] * tick for e in self.kind(MARK) if e["stream"] == stream]
        check(len(marks) == (head["mark_price"] is not None), "the mark's event")
        shown += [(head["mark_price"], mark) for mark in marks]
        for line in said["ranking"]:
            own = [e["data"] for e in closes if e["data"]["victim"] == line["account"]]
            shown += [(line["closed"], sum(one["quantity"] for one in own) * lot)]
        for text, value in shown:
            check(Fraction(text) == value, f"the explanation says {text}, the log {value}")


if __name__ == "__main__":
    sys.exit(main(RecordedBundle))
