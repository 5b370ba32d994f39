"""State of one Apala server, with the companies, keys and templates that it is seeded with."""

import attrs

from asdk.sandbox.apala.settings import ApalaSettings
from asdk.sandbox.apala.store.companies import Companies, Company
from asdk.sandbox.apala.store.messages import Messages
from asdk.sandbox.apala.store.paf import Paf
from asdk.sandbox.apala.store.sessions import Sessions
from asdk.sandbox.apala.store.templates import Templates
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.ids import Ids

_SEEDED = {
    "sms": "Hi {NAME}, your application is ready to sign: {SIGNING_MAGIC_LINK}",
    "email": "Hello {NAME},\n\nyour loan agreement waits for your signature:\n{SIGNING_MAGIC_LINK}",
}


@attrs.frozen
class ApalaCredentials:
    """Seeded credentials. They are not secret: they are printed, and the same for each seed."""

    api_key: str
    company_id: str
    company_name: str
    customer_id: str
    """Any customer; the server keeps no list of customers, so any UUID works."""
    other_api_key: str
    """Key of a second company, which cannot see the data of the first."""
    other_company_id: str


class State:
    """Memory of the server. It belongs to the server's loop; other threads use ``ApalaServer.inspect``."""

    def __init__(self, settings: ApalaSettings, clock: TimeSource, seed: int) -> None:
        self.settings = settings
        self.clock = clock
        self.ids: Ids = Ids("apala", seed)
        self.companies: Companies = Companies()
        self.sessions: Sessions = Sessions(settings, clock, self.ids, self.companies)
        self.messages: Messages = Messages(clock, self.ids)
        self.templates: Templates = Templates(clock, self.ids)
        self.paf: Paf = Paf(settings, self.ids, self.templates)
        self.credentials: ApalaCredentials = self._seed()

    def _seed(self) -> ApalaCredentials:
        first, second = (Company(self.ids.uuid(), name) for name in ("Sandbox Lending", "Other Lending"))
        keys = [f"{self.ids.alphanumeric(43)}=" for _ in range(2)]
        for company, key in zip((first, second), keys, strict=True):
            self.companies.add(company, key)
            for channel, content in _SEEDED.items():
                self.templates.create(company.id, content, channel, label=f"seed-{channel}", group_id=None)
        return ApalaCredentials(keys[0], first.id, first.name, self.ids.uuid(), keys[1], second.id)
