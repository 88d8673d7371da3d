"""Where stockwatch keeps things (`folders`), and which hubs run on this machine (`hubs`). Standard library
only.
"""

from stockwatch.paths.folders import (
    cache_dir,
    config_dir,
    data_dir,
    default_ledger,
    find_sample,
    ledger_key,
    log_path,
    make_private,
    runtime_dir,
    runtime_dirs,
    samples,
    shipped,
    socket_path,
    state_dir,
)
from stockwatch.paths.hubs import (
    HubRecord,
    hub_of,
    process_lives,
    read_record,
    record_path,
    remove_record,
    running_hubs,
    socket_answers,
    stale_sockets,
    write_record,
)

__all__ = [
    "HubRecord",
    "cache_dir",
    "config_dir",
    "data_dir",
    "default_ledger",
    "find_sample",
    "hub_of",
    "ledger_key",
    "log_path",
    "make_private",
    "process_lives",
    "read_record",
    "record_path",
    "remove_record",
    "running_hubs",
    "runtime_dir",
    "runtime_dirs",
    "samples",
    "shipped",
    "socket_answers",
    "socket_path",
    "stale_sockets",
    "state_dir",
    "write_record",
]
