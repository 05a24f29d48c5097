"""A complete run of a correct backend, as a story: every clause passes on it.

Ring (b) takes one line out of it or puts one in, and exactly one clause must turn red.
"""

from __future__ import annotations

from collections.abc import Iterable

MISCHIEF = ("unknown-action", "no-action", "not-json", "not-an-object", "no-payload", "odd-payload")
FORBIDDEN = '{"message": "Forbidden", "connectionId":"x", "requestId":"y"}'


def valid_run() -> list[str]:
    """The lines of the story; the delivery bound is 1 s, clean-up 2 s, stale 3 s."""
    run = _Run()
    run.calm()
    run.routing()
    run.stale()
    run.departures()
    run.interleavings()
    run.churn()
    run.post_faults()
    run.life_faults()
    run.departures_unheard()
    run.limits()
    run.long_silence()
    run.end()
    return run.lines


class _Run:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.now = 0
        self._open: list[str] = []
        self._sent = 0

    def say(self, text: str, after_ms: int = 10) -> None:
        self.now += after_ms
        self.lines.append(f"{self.now} {text}")

    def connect(self, name: str, group: str) -> None:
        self.say(f"{name} connects {group}")
        self._open.append(name)

    def leave(self, names: Iterable[str], verb: str = "closes") -> None:
        for name in names:
            self.say(f"{name} {verb}")
            self._open.remove(name)

    def broadcast(self, sender: str, group: str, deaf: str = "") -> str:
        """Everybody who is open and not deaf hears it; the clock then moves beyond the delivery bound."""
        name = f"{group.replace('/', '-')}-{self._sent}"
        self._sent += 1
        self.say(f"{sender} sends {name} {group}")
        for delay, ear in enumerate(self._open):
            if ear != deaf:
                self.lines.append(f"{self.now + 20 + delay} {ear} hears {name}")
        self.now += 1100
        return name

    def look(self, name: str, state: str) -> None:
        self.say(f"row {name} {state}")

    def calm(self) -> None:
        for name in ("f1", "f2"):
            self.connect(name, "founder")
        self.broadcast("f1", "wiring/probe")
        for number in range(3):
            self.connect(f"n{number}", "newcomer")
            self.look(f"n{number}", "there")
        for number in range(3, 6):
            self.connect(f"n{number}", "newcomer")
            self.broadcast("f1", "connect/first")
        for part in ("plain", "unicode", "literal", "concurrent", "large"):
            for sender in ("f1", "n1", "n2"):
                self.broadcast(sender, f"broadcast/{part}")
        self.leave(list(self._open))

    def routing(self) -> None:
        for kind in MISCHIEF:
            villain, other, third = (f"{kind}-{role}" for role in ("villain", "other", "third"))
            for name in (villain, other, third):
                self.connect(name, f"routing/{kind}")
            self.broadcast(other, f"routing/{kind}/before")
            self.say(f"{villain} sends {kind} mischief/{kind}")
            self.say(f"{villain} frame {FORBIDDEN}")
            self.broadcast(other, f"routing/{kind}/other")
            self.broadcast(villain, f"routing/{kind}/same")
            self.leave([villain, other, third])

    def stale(self) -> None:
        live = [f"s{number}" for number in range(4)]
        for name in live:
            self.connect(name, "stale-live")
        for position in ("first", "middle", "last"):
            self.say(f"plants gone {position}")
        for sender in live[:3]:
            self.broadcast(sender, "stale/plain")
        for number in range(3):
            self.lines.append(f"{self.now - 2500} row stale{number} absent")
        for name in live:
            self.look(name, "there")
        for _ in range(10):
            self.say("plants many unknown")
        self.broadcast(live[0], "stale/many")
        self.say("plants malformed unknown")
        self.broadcast(live[1], "stale/malformed")
        self.say("plants padded unknown")
        self.broadcast(live[2], "stale/pages")
        self.leave(live)

    def departures(self) -> None:
        stayers = [f"d{number}" for number in range(3)]
        for name in stayers:
            self.connect(name, "leave-stayer")
        closing, aborting = [f"lc{n}" for n in range(3)], [f"la{n}" for n in range(3)]
        for name in closing:
            self.connect(name, "leaver/close")
            self.look(name, "there")
        for name in aborting:
            self.connect(name, "leaver/abort")
            self.look(name, "there")
        self.leave(closing)
        for name in closing:
            self.look(name, "absent")
        self.leave(aborting, "aborts")
        self.broadcast("d0", "leave/during")
        for name in aborting:
            self.look(name, "absent")
        for sender in stayers:
            self.broadcast(sender, "leave/after")
        for number in range(3):
            self.connect(f"p{number}", "parting")
            self.say(f"p{number} sends parting{number} leave/parting")
            for ear in self._open:
                if ear != f"p{number}":
                    self.lines.append(f"{self.now + 30} {ear} hears parting{number}")
            self.leave([f"p{number}"])
            self.now += 1100
        for number in range(3):
            self.connect(f"r{number}", "returner")
        for sender in stayers:
            self.broadcast(sender, "return/after")
        for name in stayers:
            self.look(name, "there")
        self.leave(list(self._open))

    def interleavings(self) -> None:
        names = [f"i{number}" for number in range(3)]
        for name in names:
            self.connect(name, "interleaver")
            self.broadcast(name, "interleaving")
        self.leave(names)

    def churn(self) -> None:
        stayers = [f"k{number}" for number in range(3)]
        for name in stayers:
            self.connect(name, "stayer")
        self.broadcast("k0", "churn/main")
        gone, stay = [f"g{n}" for n in range(4)], [f"j{n}" for n in range(6)]
        for name in [*gone, *stay]:
            self.connect(name, "joiner")
            self.broadcast("k1", "churn/main")
        for name in [f"b{n}" for n in range(4)]:
            self.connect(name, "burst")
        self.leave(gone)
        self.broadcast("k2", "churn/main")
        for sender in stayers:
            self.broadcast(sender, "churn/final")
        for name in gone:
            self.look(name, "absent")
        for name in [*stayers, *stay]:
            self.look(name, "there")
        self.leave(list(self._open))

    def post_faults(self) -> None:
        for number in range(7):
            self.connect(f"v{number}", "fault-post")
        self.broadcast("v0", "fault/warm-up")
        for victim, name in enumerate(("failing-twice", "throttled", "ambiguous")):
            self.during(name, f"v{victim}", deaf="v0" if victim == 0 else "")
        for victim, name in enumerate(("429", "500", "403", "413", "410")):
            self.during(name, f"v{victim}", deaf=f"v{victim}")
        self.during("hang", "v0", deaf="v0")
        self.during("latency", "")
        self.say("fault post/all-refused")
        self.say("v5 sends refused fault/post/all-refused")
        self.say("backend fails v5")
        self.say("fault-over post/all-refused 6")
        self.broadcast("v0", "fault/after")
        self.broadcast("v1", "fault/after")

    def during(self, name: str, victim: str, deaf: str = "") -> None:
        """A broadcast while a fault for the victim (all: nobody named) is in force."""
        self.say(f"fault post/{name} {victim}".rstrip())
        self.broadcast("v5", f"fault/post/{name}", deaf=deaf)
        self.say(f"fault-over post/{name} 1")

    def life_faults(self) -> None:
        for group, count in (("life", 4), ("dropped", 3), ("late", 1), ("twice", 1)):
            for number in range(count):
                self.connect(f"{group}{number}", f"fault-{group}")
        self.say("fault life/refused")
        for number in range(2):
            self.say(f"refused{number} connecting fault-refused")
            self.say(f"refused{number} refused 502")
        self.say("fault-over life/refused 2")
        for number in range(2):
            self.look(f"refused{number}", "there")
        self.say("fault life/held")
        for number in range(2):
            self.say(f"held{number} connecting fault-held")
        self.broadcast("life0", "fault/life/pending")
        for number in range(2):
            self.say(f"held{number} connected")
            self._open.append(f"held{number}")
        self.say("fault-over life/held 2")
        self.broadcast("life0", "fault/life/held")
        self.say("fault life/lag")
        self.connect("lag0", "fault-lag")
        self.broadcast("life0", "fault/life/lag")
        self.say("fault-over life/lag 1")
        for part in ("pages", "unread", "cold"):
            self.say(f"fault life/{part}")
            self.broadcast("life0", f"fault/life/{part}")
            self.say(f"fault-over life/{part} 1")
        self.say("fault life/unwritten")
        self.say("unwritten0 connecting fault-unwritten")
        self.say("unwritten0 refused 500")
        self.connect("unwritten1", "fault-unwritten")
        self.say("fault-over life/unwritten 2")
        self.broadcast("life0", "fault/life/admitted")

    def departures_unheard(self) -> None:
        gone = ["dropped0", "dropped1", "dropped2", "late0", "twice0"]
        for name in gone:
            self.look(name, "there")
        for kind in ("dropped", "late", "twice"):
            self.say(f"fault life/{kind} {kind}0")
        self.leave(gone)
        self.say("backend forgets twice0")
        for name in (*gone, "refused0", "refused1"):
            self.look(name, "absent")
        for kind in ("dropped", "late", "twice"):
            self.say(f"fault-over life/{kind} 1")
        self.leave(list(self._open))

    def long_silence(self) -> None:
        silent = ["silent0", "silent1"]
        for name in silent:
            self.connect(name, "fault-silent")
            self.look(name, "there")
        self.say("fault life/silent")
        self.say("clock 93600")
        for name in silent:
            self.look(name, "absent")
        self.leave(silent, "closed-by-peer")
        self.say("fault-over life/silent 2")

    def limits(self) -> None:
        self.leave(list(self._open))
        listeners = [f"l{number}" for number in range(3)]
        for name in listeners:
            self.connect(name, "limit-listener")
        for sender in listeners:
            self.broadcast(sender, "limit/size")
        self.connect("o0", "limit-oversize")
        self.look("o0", "there")
        self.say("o0 closed-by-peer 1009")
        self._open.remove("o0")
        for sender in listeners:
            self.broadcast(sender, "limit/after-oversize")
        self.lines.append(f"{self.now - 2000} row o0 absent")
        self.connect("w0", "limit-slow")
        for sender in listeners:
            self.broadcast(sender, "limit/slow", deaf="w0")
        self.say("backend posts w0 429")
        for sender in listeners:
            self.broadcast(sender, "limit/after-slow")
        for number in range(98):
            self.connect(f"z{number}", "limit-crowd")
        self.broadcast("z0", "limit/crowd")
        self.leave(list(self._open))

    def end(self) -> None:
        self.now += 3000
        self.say("lag 3")
