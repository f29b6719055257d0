"""How the admin looks and what its sidebar leads to: the settings of django-unfold."""

from functools import partial

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

# In this order: later ones build upon the first two.
_STYLES = (
    "amiportal/base.css",
    "amiportal/cards.css",
    "amiportal/history.css",
    "amiportal/sheets.css",
    "uploads/admin/nights.css",
    "uploads/admin/exports.css",
    "deployments/admin/life.css",
    "deployments/admin/guided.css",
    "snapshots/snapshots.css",
    "accounts/people.css",
    "doctor/health.css",
)


def _static(name: str, request: HttpRequest) -> str:
    """When asked, not before: the names of served files are known once they are collected."""
    return static(name)


def _page(title: str, icon: str, model: str) -> dict:
    """One line of the admin's sidebar: the list of `model` (app_model)."""
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist")}


UNFOLD = {
    "SITE_TITLE": "AMI Portal",
    "SITE_HEADER": "AMI Portal",
    "SITE_SUBHEADER": "Insect-monitoring data",
    "SITE_SYMBOL": "pest_control",
    "SITE_URL": reverse_lazy("upload"),
    "SITE_DROPDOWN": [
        {"icon": "upload", "title": "Upload page", "link": reverse_lazy("upload")},
        {"icon": "api", "title": "API", "link": reverse_lazy("api-docs")},
    ],
    "DASHBOARD_CALLBACK": "amiportal.operations.dashboard.front_page",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "STYLES": [partial(_static, name) for name in _STYLES],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": partial(_static, "uploads/img/moth.svg")}],
    # A green for field work, in the tones of Tailwind's emerald.
    "COLORS": {
        "primary": {
            "50": "oklch(97.9% .021 166.113)",
            "100": "oklch(95% .052 163.051)",
            "200": "oklch(90.5% .093 164.15)",
            "300": "oklch(84.5% .143 164.978)",
            "400": "oklch(76.5% .177 163.223)",
            "500": "oklch(59.6% .145 163.225)",
            "600": "oklch(50.8% .118 165.612)",
            "700": "oklch(43.2% .095 166.913)",
            "800": "oklch(37.8% .077 168.94)",
            "900": "oklch(32% .065 170)",
            "950": "oklch(26.2% .051 172.552)",
        }
    },
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "title": "What stands where",
                "items": [
                    _page("Deployments", "location_on", "deployments_deployment"),
                    {"title": "Map", "icon": "map", "link": reverse_lazy("admin-map")},
                    _page("Buckets", "inventory_2", "deployments_bucket"),
                    _page("Hardware configurations", "photo_camera", "deployments_hardwareconfig"),
                ],
            },
            {
                "title": "What was uploaded",
                "separator": True,
                "items": [
                    _page("Uploaded files", "receipt_long", "uploads_uploadlog"),
                    _page("Exports", "download", "uploads_export"),
                    _page("Sessions", "cloud_upload", "uploads_uploadsession"),
                    _page("Files in parts", "stacks", "uploads_multipartupload"),
                    _page("Inventories", "calendar_month", "uploads_inventory"),
                    _page("Changed files", "gpp_maybe", "uploads_drift"),
                    _page("Failures", "report", "uploads_uploadfailure"),
                ],
            },
            {
                "title": "Access",
                "separator": True,
                "items": [
                    _page("People", "group", "accounts_user"),
                    _page("Tokens", "key", "knox_authtoken"),
                    _page("Failed sign-ins", "lock_person", "axes_accessattempt"),
                    _page("Old clients", "history_toggle_off", "accounts_legacyswitch"),
                ],
            },
            {
                "title": "Machinery",
                "separator": True,
                "items": [
                    {"title": "Guide", "icon": "menu_book", "link": reverse_lazy("admin-guide")},
                    {"title": "Health", "icon": "monitor_heart", "link": reverse_lazy("admin-health")},
                    _page("Snapshots", "history", "snapshots_snapshot"),
                    _page("Allocation", "hard_drive", "objectstore_allocation"),
                    _page("Store probes", "troubleshoot", "objectstore_storeprobe"),
                    _page("Background work", "schedule", "procrastinate_procrastinatejob"),
                    _page("Left over", "pending_actions", "background_leftover"),
                ],
            },
        ],
    },
}
