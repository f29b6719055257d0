"""What the roles may do in the admin, kept true after every migrate.

Partners and Scripts have no permission here: what they may do is decided per row, in each app's permissions.py.
"""

from typing import Any

from django.contrib.auth.models import Group, Permission

from amiportal.accounts.roles import Role

# Per app and model: the admin actions of a maintainer. Nothing is deleted that the ledger or the history speaks
# of; the ledger itself is only looked at.
MAINTAINER_ACTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "accounts": {
        "historicallegacyswitch": ("view",),
        "historicaluser": ("view",),
        "legacyswitch": ("view",),
        "user": ("add", "change", "view"),
    },
    "background": {"leftover": ("view",)},
    "axes": {"accessattempt": ("view", "delete")},
    "deployments": {
        "bucket": ("add", "change", "view"),
        "deployment": ("add", "change", "view"),
        "hardwareconfig": ("add", "change", "delete", "view"),
        "historicalbucket": ("view",),
        "historicaldeployment": ("view",),
        "historicalhardwareconfig": ("view",),
    },
    "knox": {"authtoken": ("view", "delete")},
    "objectstore": {"storeprobe": ("view",), "allocation": ("change", "view"), "historicalallocation": ("view",)},
    "procrastinate": {"procrastinatejob": ("view",), "procrastinateevent": ("view",)},
    "snapshots": {"snapshot": ("view",)},
    "uploads": {
        "drift": ("view",),
        "export": ("view",),
        "inventory": ("view",),
        "multipartupload": ("view",),
        "uploadfailure": ("view",),
        "uploadlog": ("view",),
        "uploadsession": ("view",),
    },
}


def grant_role_permissions(*, app_config: Any, using: str, **_: Any) -> None:
    """Give the Maintainers group the actions above for the models of one app; other permissions stay."""
    actions = MAINTAINER_ACTIONS.get(app_config.label)
    if not actions:
        return
    codenames = [f"{action}_{model}" for model, names in actions.items() for action in names]
    maintainers = Group.objects.using(using).filter(name=Role.MAINTAINERS).first()
    if maintainers is not None:
        maintainers.permissions.add(
            *Permission.objects.using(using).filter(content_type__app_label=app_config.label, codename__in=codenames)
        )
