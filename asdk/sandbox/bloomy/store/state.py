"""State of one Bloom Growth server, with the people, meetings and keys that it is seeded with."""

import itertools

import attrs

from asdk.sandbox.bloomy.settings import BloomySettings
from asdk.sandbox.bloomy.store.items import Items, moment
from asdk.sandbox.bloomy.store.keys import Keys
from asdk.sandbox.bloomy.store.meetings import Meeting, Meetings
from asdk.sandbox.bloomy.store.people import People, User
from asdk.sandbox.bloomy.store.scorecard import Measurable, Scorecard
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.ids import Ids


@attrs.frozen
class BloomyLogin:
    username: str
    password: str
    api_key: str
    """Key that does not expire."""
    user_id: int


@attrs.frozen
class BloomyCredentials:
    """Seeded credentials. They are not secret: they are printed, and the same for each seed."""

    ada: BloomyLogin
    """Leader of the first organization; Ben reports to her."""
    ben: BloomyLogin
    other: BloomyLogin
    """Member of a second organization, which cannot see the data of the first."""
    meeting_id: int
    """Meeting that Ada and Ben attend, with two measurables."""


class State:
    """Memory of the server. It belongs to the server's loop; other threads use ``BloomyServer.inspect``."""

    def __init__(self, settings: BloomySettings, clock: TimeSource, seed: int) -> None:
        self.settings = settings
        self.clock = clock
        self.ids: Ids = Ids("bloomy", seed)
        self._numbers = itertools.count(101)
        self.people: People = People(settings, clock)
        self.keys: Keys = Keys(settings, clock, self.ids)
        self.meetings: Meetings = Meetings()
        self.items: Items = Items(clock, self.next_id)
        self.scorecard: Scorecard = Scorecard(settings, clock, self.next_id)
        self.credentials: BloomyCredentials = self._seed()

    def next_id(self) -> int:
        return next(self._numbers)

    def add_meeting(self, organization_id: int, name: str, attendees: list[User]) -> Meeting:
        meeting = Meeting(
            id=self.next_id(),
            organization_id=organization_id,
            name=name,
            created_at=moment(self.clock()),
            attendees=attendees,
        )
        return self.meetings.add(meeting)

    def _seed(self) -> BloomyCredentials:
        first, second = self.next_id(), self.next_id()
        ada = self._user(first, "Ada Lovelace", "Chief Engineer", seats={1: "Visionary", 2: "Integrator"})
        ben = self._user(first, "Ben Bitdiddle", "Engineer", manager=ada)
        zoe = self._user(second, "Zoe Zander", "Owner")
        self.people.add(User(id=self.next_id(), organization_id=first, name="Open Seat", manager_id=ada.id))
        weekly = self.add_meeting(first, "Leadership Weekly", [ada, ben])
        self.add_meeting(second, "Other Weekly", [zoe])
        for name, target, unit, direction, owner in (
            ("Releases", 2.0, "count", ">=", ada),
            ("Open defects", 10.0, "count", "<=", ben),
        ):
            self.scorecard.add(
                Measurable(
                    id=self.next_id(),
                    name=name,
                    owner=owner,
                    meeting=weekly,
                    target=target,
                    unit=unit,
                    direction=direction,
                )
            )
        return BloomyCredentials(self._login(ada), self._login(ben), self._login(zoe), weekly.id)

    def _user(
        self,
        organization_id: int,
        name: str,
        description: str,
        *,
        manager: User | None = None,
        seats: dict[int, str] | None = None,
    ) -> User:
        short = name.split(maxsplit=1)[0].lower()
        user = User(
            id=self.next_id(),
            organization_id=organization_id,
            name=name,
            email=f"{short}@sandbox.test",
            description=description,
            password=f"sandbox-{short}",
            manager_id=None if manager is None else manager.id,
            seats=seats or {},
        )
        return self.people.add(user)

    def _login(self, user: User) -> BloomyLogin:
        return BloomyLogin(user.email, user.password or "", self.keys.seed(user), user.id)
