"""The text that AMI systems write into their files."""

import json


def ami_text(
    *,
    system: str | None = "sys000041",
    made_by: str = "camera",
    when: str | None = "2024-09-18T03:23:39+0100",
    latitude: object = 52.75,
    longitude: object = -3.25,
    country: str | None = "GBR",
) -> str:
    event = {
        "event_ids": {"parent_event_id": f"{system}__camera__18:00:00__04:00:00", "event_id": f"{system}__{when}"},
        "date_fields": {"event_date": when},
        "file_characteristics": {"file_type": made_by},
    }
    said = {
        "device_settings": {
            "lat": latitude,
            "lon": longitude,
            "timeZone": "GMT",
            "start_date": "2023-12-05",
            "end_date": "2024-04-15",
        },
        "spatial_properties": {"country_code": country},
        "base_ids": {"location_id": "loc000012", "system_id": system, "hardware_id": "har000005"},
        "ami_components": {"camera_type": None, "light_attractant_make": None, "microphone_type": None},
        "motion_event_data" if made_by == "camera" else "audible_microphone_event_data": event,
    }
    return json.dumps(said)
