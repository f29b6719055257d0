"""Combinations of light, camera and microphones."""

from django.db import transaction

from amiportal.accounts.models import User
from amiportal.core.history import recorded
from deployments.models import HardwareConfig
from deployments.permissions import require_maintainer

_CHANGEABLE = frozenset({"attractant_light", "camera", "camera_lights", "microphone", "used_by"})


def create_hardware(*, actor: User | None, number: int, why: str = "", **parts: str) -> HardwareConfig:
    """A new configuration; its number is what field sheets say. Raises ValidationError for what the model refuses."""
    require_maintainer(actor)
    return _saved(HardwareConfig(number=number), parts, actor=actor, why=why)


def update_hardware(*, actor: User | None, hardware: HardwareConfig, why: str = "", **parts: str) -> HardwareConfig:
    """Change what a number stands for; the number itself stays. Nothing is written when nothing differs."""
    require_maintainer(actor)
    with transaction.atomic():
        hardware = HardwareConfig.objects.select_for_update().get(pk=hardware.pk)
        if all(getattr(hardware, name) == text for name, text in parts.items()):
            return hardware
        return _saved(hardware, parts, actor=actor, why=why)


def _saved(hardware: HardwareConfig, parts: dict[str, str], *, actor: User | None, why: str) -> HardwareConfig:
    if unknown := parts.keys() - _CHANGEABLE:
        raise TypeError(f"cannot be changed: {', '.join(sorted(unknown))}")
    for name, text in parts.items():
        setattr(hardware, name, text)
    hardware.full_clean()
    with recorded(hardware, actor=actor, reason=why or None):
        hardware.save()
    return hardware
