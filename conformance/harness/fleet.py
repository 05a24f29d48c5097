"""The clients of one run in one process, and everything that serves them."""

from __future__ import annotations

import secrets
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from reports.history import Deliveries, FrameReceived
from reports.history_writer import HistoryWriter

from .client import CLOSE_S, CONNECT_S, Client, connect
from .deadline import Deadline
from .envelope import Envelope, Recognizer
from .errors import HarnessError, TargetFailure
from .handshake import Dialer
from .heartbeat import Heartbeat
from .readiness import Poller
from .receive_times import ReceiveTimes
from .receiver import Receiver
from .recorder import Recorder
from .target import Target

_CROWD = 1000
"""So many clients are kept before those that are gone are dropped."""
_LOOK_S = 0.05
_FRAMES_KEPT = 1000
"""Of each connection."""


def new_run() -> str:
    """A name for a run: all its processes must use the same one."""
    return secrets.token_hex(4)


class Fleet:
    """Connects clients to one target, sends through them, and knows who heard what.

    `track=False` keeps nothing per delivery, for load tests: then `heard`, `wait_heard` and `frames`
    stay empty, the history alone knows, and `on_deliveries` and `on_frame` are told instead.
    `receiver.start()` runs on entering, unless `own_thread=False`: then the caller drains
    `fleet.receiver` itself. With neither, the caller does all on one thread, and calls
    `fleet.receiver.hand_over()` now and then. A `recognizer` of the caller's own also names the run.
    """

    def __init__(
        self,
        target: Target,
        writer: HistoryWriter,
        *,
        run: str | None = None,
        track: bool = True,
        own_thread: bool = True,
        poller: Poller | None = None,
        recognizer: Recognizer | None = None,
        on_deliveries: Callable[[Deliveries], None] | None = None,
        on_frame: Callable[[FrameReceived], None] | None = None,
        times: ReceiveTimes = "read",
    ) -> None:
        alone = not (track or own_thread)
        self.target = target
        self.run = recognizer.run if recognizer else run or new_run()
        self.recorder = Recorder(writer)
        self.recognizer = recognizer or Recognizer(self.run)
        self.receiver = Receiver(
            self.recognizer,
            target.receive,
            self.recorder,
            self._delivered if track else on_deliveries,
            self._framed if track else on_frame,
            poller,
            alone=alone,
            times=times,
        )
        self.heartbeat = Heartbeat(self.recorder, self.receiver.backlog)
        self._clients: dict[int, Client] = {}
        self._clients_lock = threading.Lock()
        self.error_frames_name_connections: bool | None = None
        """Learned by `identify`: whether an unknown action is answered by the frame of fact RT-20."""
        self._dialer = Dialer(target.endpoint, alone=alone)
        self._envelope = Envelope(self.run)
        self._own_thread = own_thread
        self._crowd = _CROWD
        self._changed = threading.Condition()
        self._heard: defaultdict[int, set[int]] = defaultdict(set)
        self._frames: defaultdict[int, deque[FrameReceived]] = defaultdict(lambda: deque(maxlen=_FRAMES_KEPT))

    def __enter__(self) -> Self:
        if self._own_thread:
            self.receiver.start()
        self.heartbeat.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close_all()
        finally:
            self.heartbeat.stop()
            self.receiver.stop()
            self.recorder.close()
        self.check()

    def check(self) -> None:
        """Raise HarnessError if what is recorded can no longer be relied on."""
        self.recorder.check()
        if self.receiver.fault is not None:
            raise HarnessError(
                f"the receiving thread broke: {self.receiver.fault!r}"
            ) from self.receiver.fault

    def connect(self, group: str, timeout_s: float = CONNECT_S) -> Client:
        """Raises TargetFailure, and HarnessError when this process cannot connect or hear any more."""
        self.check()
        if len(self._clients) >= self._crowd:
            self.forget_gone()
            self._crowd = 2 * len(self._clients) + _CROWD
        client = connect(self._dialer, self.recorder, self.receiver, group, timeout_s)
        with self._clients_lock:
            self._clients[client.number] = client
        return client

    def connect_many(
        self,
        count: int,
        group: str,
        concurrency: int = 16,
        connect: Callable[[str], Client] | None = None,
    ) -> list[Client]:
        """Connect so many clients, some at a time, each by `connect` where that is given.

        Raises the first TargetFailure, after all have ended.
        """
        with ThreadPoolExecutor(min(concurrency, max(count, 1)), thread_name_prefix="connect") as pool:
            futures = [pool.submit(connect or self.connect, group) for _ in range(count)]
        return [future.result() for future in futures]

    def broadcast(
        self, client: Client, group: str, before: str = "", after: str = "", intended_ns: int | None = None
    ) -> int:
        """Send a new message whose payload holds an envelope between two texts; returns its id.

        Raises TargetFailure, which is recorded too.
        """
        message = self.recorder.new_message()
        self._send(client, message, group, self._envelope.wrap(message, before, after), intended_ns)
        return message

    def broadcast_text(self, client: Client, group: str, payload: str, intended_ns: int | None = None) -> int:
        """The same with exactly this payload, recognised by its text: use each text once at a time."""
        message = self.recorder.new_message()
        self.recognizer.expect(payload, message)
        self._send(client, message, group, payload, intended_ns)
        return message

    def mischief(self, client: Client, group: str, raw_text: str) -> int:
        """Send raw text that nobody is owed; `group` should say what is wrong with it.

        Recorded under `mischief/<group>`. Raises TargetFailure.
        """
        message = self.recorder.new_message()
        self.recorder.send_started(message, client.number, f"mischief/{group}", raw_text)
        self._transmit(client, message, raw_text)
        return message

    def heard(self, message: int) -> frozenset[int]:
        """Numbers of the clients that have heard the message exactly."""
        with self._changed:
            return frozenset(self._heard.get(message, ()))

    def wait_heard(self, message: int, clients: Iterable[Client], deadline: Deadline) -> list[Client]:
        """Wait until all these clients have heard the message; returns those that have not."""
        waiting = {client.number: client for client in clients}

        def missing() -> Collection[int]:
            return waiting.keys() - self._heard.get(message, set())

        with self._changed:
            self._changed.wait_for(lambda: not missing(), deadline.remaining())
            return [waiting[number] for number in sorted(missing())]

    def wait_until(self, condition: Callable[[], bool], deadline: Deadline) -> bool:
        """Wait until the condition holds; it is asked whenever something was received, and now and then."""
        with self._changed:
            while not condition():
                if deadline.expired():
                    return False
                self._changed.wait(min(_LOOK_S, deadline.remaining()))
            return True

    def frames(self, client: Client) -> tuple[FrameReceived, ...]:
        """What the client heard beside exact deliveries: error frames, damaged copies …"""
        with self._changed:
            return tuple(self._frames.get(client.number, ()))

    def wait_frame(self, client: Client, deadline: Deadline, *, after: int = 0) -> FrameReceived | None:
        """The frame behind the first `after` ones of `frames(client)`; None if it does not come."""
        with self._changed:
            self._changed.wait_for(
                lambda: len(self._frames.get(client.number, ())) > after, deadline.remaining()
            )
            frames = self._frames.get(client.number, ())
            return frames[after] if len(frames) > after else None

    @property
    def clients(self) -> list[Client]:
        """Every client that is there, and some that are gone; a copy, since others may be connecting."""
        with self._clients_lock:
            return list(self._clients.values())

    def forget_gone(self) -> None:
        """Drop clients that have left from `clients`."""
        with self._clients_lock:
            self._clients = {number: there for number, there in self._clients.items() if not there.is_gone}

    def close_all(self, timeout_s: float = CLOSE_S) -> None:
        """Close every client, all at once; those that are half-open or already leaving are aborted."""
        deadline = Deadline(timeout_s)
        clients = self.clients
        for client in clients:
            client.begin_close(1000, "", deadline)
        for client in clients:
            client.finish_close(deadline)
        self.forget_gone()

    def _send(self, client: Client, message: int, group: str, payload: str, intended_ns: int | None) -> None:
        text = self.target.send.render(payload)
        self.recorder.send_started(message, client.number, group, payload, intended_ns)
        self._transmit(client, message, text)

    def _transmit(self, client: Client, message: int, text: str) -> None:
        try:
            client.send(text)
        except TargetFailure as failure:
            self.recorder.send_ended(message, failure.outcome, str(failure))
            raise
        self.recorder.send_ended(message, "ok")

    def _delivered(self, batch: Deliveries) -> None:
        heard = zip(batch["message"].tolist(), batch["connection"].tolist(), strict=True)
        with self._changed:
            for message, connection in heard:
                self._heard[message].add(connection)
            self._changed.notify_all()

    def _framed(self, event: FrameReceived) -> None:
        with self._changed:
            self._frames[event.connection].append(event)
            self._changed.notify_all()
