"""Configuration: `CADENZA_*` variables over one TOML file, read once.

| setting | default | meaning |
|---|---|---|
| data | ./cadenza-data | folder of everything that must survive |
| public_url | http://127.0.0.1:PORT | where people and mails reach this installation |
| host, port | 127.0.0.1, 8750 | where the server listens |
| database_url | (embedded) | your PostgreSQL, as `postgresql://…` |
| clickhouse_url | (embedded) | your ClickHouse, as `http://…` |
| sink_port | 8751 | the built-in SMTP sink; 0 turns it off |
| inbox_days | 7 | how long accepted requests are kept for replay |
| truncate_ip | 1 | shorten IP addresses (/24, /48) before anything is stored |
| disk_alarm_percent | 90 | so full a disk raises an alarm |
| disk_stop_percent | 95 | so full a disk stops imports and exports |
| disk_refuse_percent | 97 | so full a disk refuses events with 503; opt-outs go on |
| inbox_url | (PostgreSQL) | your NATS servers, as `nats://user:password@host:4222,…` |
| inbox_system_url | | the same servers by a user of their system account, to ask how they write |
| inbox_partitions | 8 | how many pipelines can work on what came over NATS side by side |
| inbox_degraded | 0 | 1 starts though NATS may lose its last minutes on power failure |
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Config:
    """Everything the operator may set."""

    data: Path = field(default_factory=lambda: Path("cadenza-data"))
    public_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8750
    database_url: str = ""
    clickhouse_url: str = ""
    sink_port: int = 8751
    inbox_days: int = 7
    inbox_url: str = ""
    inbox_system_url: str = ""
    inbox_partitions: int = 8
    inbox_degraded: bool = False
    log_level: str = "INFO"
    log_json: bool = True
    demo: bool = False
    trusted_proxies: str = ""
    clickhouse_memory_mb: int = 4096
    truncate_ip: bool = True
    disk_alarm_percent: int = 90
    disk_stop_percent: int = 95
    disk_refuse_percent: int = 97


def read(environment: dict[str, str]) -> Config:
    """Make the configuration of an environment: variables win over the TOML file."""
    file = environment.get("CADENZA_CONFIG", "")
    told: dict[str, object] = tomllib.loads(Path(file).read_text()) if file else {}
    for known in fields(Config):
        if (value := environment.get(f"CADENZA_{known.name.upper()}")) is not None:
            told[known.name] = value
    return Config(**{key: _typed(key, value) for key, value in told.items()})  # type: ignore[arg-type]


def _typed(name: str, value: object) -> object:
    kinds = {known.name: known.type for known in fields(Config)}
    if name not in kinds:
        raise ValueError(f"There is no setting {name!r}. Known are: {', '.join(sorted(kinds))}.")
    text = str(value)
    match kinds[name]:
        case "Path":
            return Path(text).expanduser().absolute()
        case "int":
            try:
                return int(text)
            except ValueError:
                raise ValueError(f"CADENZA_{name.upper()} must be a whole number, not {text!r}.") from None
        case "bool":
            return text.lower() in {"1", "true", "yes", "on"}
        case _ if name == "public_url" and text and not text.startswith(("http://", "https://")):
            raise ValueError("CADENZA_PUBLIC_URL must be an address like https://cadenza.example.com.")
        case _:
            return text


@cache
def config() -> Config:
    """The configuration of this process."""
    found = read(dict(os.environ))
    here = found.public_url or f"http://127.0.0.1:{found.port}"
    return Config(**{**found.__dict__, "data": found.data.absolute(), "public_url": here.rstrip("/")})
