"""Processes on their cores: start, look at, end.

Contestants have one core; the load and the upstream share another.  CPU time
is read from /proc/PID/stat, of a process with all its children, so it does not
matter how many threads or workers it has, nor who else is on the machine.
"""

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import time

CORES = sorted(os.sched_getaffinity(0))
OUR_CORE = CORES[0]
LOAD_CORE = CORES[1] if len(CORES) > 1 else CORES[0]
TICKS = os.sysconf("SC_CLK_TCK")

build = "build-bench"
started = []  # in order; ended in reverse
libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
DESCRIPTORS = 60000
PRIORITY = -10


def program(name):
    return os.path.abspath(os.path.join(build, name))


def say(text):
    print(text, file=sys.stderr, flush=True)


def raise_limit():
    """Descriptors for ten thousand connections and as many to an upstream."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for most in DESCRIPTORS, hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE,
                               (most, max(most, hard)))
            return most
        except (ValueError, OSError):
            pass
    return hard


def take_priority():
    """Before whatever else runs here, so that less of it is measured along.

    Where sessions are scheduled as groups, the nice value counts only inside
    of one, and the group has another.
    """
    if os.geteuid() != 0:
        return
    os.nice(PRIORITY)
    try:
        with open("/proc/self/autogroup", "w") as file:
            file.write(str(PRIORITY))
    except OSError:
        pass


def on_core(core):
    def prepare():
        # Ctrl-C is for us; and whatever happens to us, nothing stays behind.
        os.setsid()
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, {core})
        take_priority()
    return prepare


def start(words, core, **more):
    process = subprocess.Popen(words, preexec_fn=on_core(core), **more)
    started.append(process)
    return process


def run(words, core, **more):
    process = start(words, core, stdout=subprocess.PIPE, text=True, **more)
    out, _ = process.communicate()
    started.remove(process)
    if process.returncode != 0:
        raise RuntimeError("%s ended with %d" % (words[0], process.returncode))
    return out


def end(process, patience=15):
    if process in started:
        started.remove(process)
    if process.stdin:
        process.stdin.close()
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def end_all():
    while started:
        end(started[-1], patience=3)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, process, seconds=15):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("nothing answers on port %d: %s" % (
        port, " ".join(process.args)))


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def tree(pid):
    """The process and its children."""
    pids = [pid]
    for task in os.listdir("/proc/%d/task" % pid):
        children = read("/proc/%d/task/%s/children" % (pid, task))
        for child in children.split():
            pids += tree(int(child))
    return pids


def cpu_s(pids):
    ticks = 0
    for pid in pids:
        # The name in parentheses may hold blanks; user, system: 14, 15.
        fields = read("/proc/%d/stat" % pid).rpartition(")")[2].split()
        if fields:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


def status_kb(pids, name):
    total = 0
    for pid in pids:
        for line in read("/proc/%d/status" % pid).splitlines():
            if line.startswith(name + ":"):
                total += int(line.split()[1])
    return total


def switches(pids):
    """Voluntary context switches of all threads: times that one slept."""
    total = 0
    for pid in pids:
        for task in os.listdir("/proc/%d/task" % pid):
            for line in read("/proc/%d/task/%s/status" % (
                    pid, task)).splitlines():
                if line.startswith("voluntary_ctxt_switches:"):
                    total += int(line.split()[1])
    return total


def machine_busy_s():
    """CPU time that all processes of this machine have used so far."""
    user, nice, system, _, _, irq, soft, steal = map(
        int, read("/proc/stat").split("\n")[0].split()[1:9])
    return (user + nice + system + irq + soft + steal) / TICKS


def machine():
    model = "unknown processor"
    for line in read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return "%d cores, %s, Linux %s" % (
        os.cpu_count(), model, os.uname().release)
