"""Templates of the pre-approval flow, in audience groups: seeded, pruned by hand, chosen for customers."""

import attrs

from asdk.sandbox.apala.errors import ApiError
from asdk.sandbox.apala.store.compliance import violations
from asdk.sandbox.clock import TimeSource, rfc3339
from asdk.sandbox.ids import Ids
from asdk.sandbox.json_io import Json


@attrs.define(eq=False)
class Group:
    """Audience: customers that get the same templates."""

    id: str
    name: str
    is_retired: bool = False


@attrs.define(eq=False, kw_only=True)
class Template:
    template_id: str
    group: Group
    content: str
    channel: str
    label: str | None
    created_at: str
    status: str = "active"
    shown: int = 0
    """How often it was chosen."""
    n_observations: int = 0
    """How many of those have an outcome."""
    n_signed: int = 0
    rejected_reason: str | None = None
    rejected_at: str | None = None

    def as_json(self) -> Json:
        body: Json = {
            "template_id": self.template_id,
            "group_id": self.group.id,
            "group_name": self.group.name,
            "content": self.content,
            "channel": self.channel,
            "status": self.status,
            "label": self.label,
            "n_observations": self.n_observations,
            "reward_rate": self.n_signed / self.n_observations if self.n_observations else 0.0,
            "generation": 0,
            "parent_template_ids": [],
            "created_at": self.created_at,
            "last_validated_at": self.created_at,
        }
        if self.status == "rejected":
            wrong = violations(self.content, self.channel)
            body |= {"rejected_reason": self.rejected_reason, "rejected_at": self.rejected_at, "violations": wrong}
        return body


class Templates:
    """Templates of every company; a company sees only its own."""

    def __init__(self, clock: TimeSource, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._groups: dict[str, list[Group]] = {}
        self._templates: dict[str, list[Template]] = {}

    def groups(self, company_id: str) -> list[Group]:
        groups = self._groups.get(company_id)
        if groups is None:
            names = ("New borrowers", "Repeat borrowers")
            groups = self._groups[company_id] = [Group(self._ids.uuid(), name) for name in names]
        return groups

    def retire_group(self, group_id: str) -> None:
        for group in (group for groups in self._groups.values() for group in groups if group.id == group_id):
            group.is_retired = True

    def all(self, company_id: str) -> list[Template]:
        return self._templates.setdefault(company_id, [])

    def get(self, company_id: str, template_id: str) -> Template:
        """Return a template. Raise ApiError 404 if it is unknown."""
        for template in self.all(company_id):
            if template.template_id == template_id:
                return template
        raise ApiError(404, "not_found", f"No template has the id {template_id}")

    def create(
        self, company_id: str, content: str, channel: str, *, label: str | None, group_id: str | None
    ) -> list[Template]:
        """Create a template for the group, or for each group that is not retired.

        Raises:
            ApiError: 404 or 410 for the group, 422 for the content or for a label that is in use.
        """
        groups = [group for group in self.groups(company_id) if group_id is None or group.id == group_id]
        if not groups:
            raise ApiError(404, "not_found", f"No audience group has the id {group_id}")
        groups = [group for group in groups if not group.is_retired]
        if not groups:
            raise ApiError(410, "group_retired", "The audience group has been retired")
        if wrong := violations(content, channel):
            raise ApiError(422, "compliance_failed", "The template breaks compliance rules", violations=wrong)
        self._claim(company_id, label, groups)
        made = [
            Template(
                template_id=self._ids.uuid(),
                group=group,
                content=content,
                channel=channel,
                label=label,
                created_at=rfc3339(self._clock()),
            )
            for group in groups
        ]
        self.all(company_id).extend(made)
        return made

    def reject(self, template: Template) -> Template:
        """Take a template out of rotation; one that is already out keeps its reason."""
        if template.status != "rejected":
            template.status = "rejected"
            template.rejected_reason, template.rejected_at = "customer_disabled", rfc3339(self._clock())
        return template

    def choose(self, company_id: str, group: Group) -> Template | None:
        """Return the active template of a group that was shown least; None if it has none."""
        active = [
            template for template in self.all(company_id) if template.status == "active" and template.group is group
        ]
        if not active:
            return None
        chosen = min(active, key=lambda template: template.shown)
        chosen.shown += 1
        return chosen

    def _claim(self, company_id: str, label: str | None, groups: list[Group]) -> None:
        for template in self.all(company_id):
            if label is not None and template.label == label and template.status == "active":
                if template.group not in groups:
                    continue
                message = f"An active template has the label {label} already"
                raise ApiError(422, "duplicate_label", message, conflicting_template_id=template.template_id)
