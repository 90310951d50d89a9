"""A clock of a process that can be set while it runs: a small library put before the system's own (Linux)."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SOURCE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long long *ahead;

__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("AISNB_TEST_CLOCK"), O_RDONLY | O_CLOEXEC);
    ahead = mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, file, 0);
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *ahead;
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *also) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (also) *also = precise.tv_sec;
    return precise.tv_sec;
}
"""


class Clock:
    """The wall clock of processes that run with `environment`; the files' own times are the kernel's, as ever.

    Args:
        folder: where the library is made.

    Attributes:
        environment: what a process needs to go by this clock; empty where that is not possible.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.environment: dict[str, str] = {}
        compiler = shutil.which("cc")
        if sys.platform != "linux" or compiler is None:
            return
        library, source = folder / "clock.so", folder / "clock.c"
        source.write_text(_SOURCE)
        self._file.write_bytes(struct.pack("q", 0))
        command = [compiler, "-shared", "-fPIC", "-o", str(library), str(source)]
        subprocess.run(command, check=True, capture_output=True)
        self.environment = {"LD_PRELOAD": str(library), "AISNB_TEST_CLOCK": str(self._file)}

    def set(self, hours: int) -> None:
        """Let it show so many hours more than the true time, from now on."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("q", hours * 3600))
