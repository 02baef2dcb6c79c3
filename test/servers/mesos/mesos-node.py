#!/usr/bin/env python3
"""Runs an Apache Mesos 1.11.0 master or agent in this process, from libmesos, which has the code of both but no program for them.

    mesos-node.py master                     until SIGTERM or the end of its standard input
    mesos-node.py agent 127.0.0.1:5050       the same; SIGUSR2 makes it look for its master again
    mesos-node.py end-tasks DIRECTORY        ends what an agent with this work folder started, and returns

Options are Mesos' own, as variables MESOS_…; `start-mesos.ts` sets them. The library starts a whole cluster in one process for a driver
whose master is "local": a master alone is one with no agents; an agent alone is one whose own master is ended and whose detector is told
of another. The detector is found by its place in this one build of libmesos, whose hash `set-up.sh` checks."""
import ctypes
import os
import signal
import sys
import threading

LAUNCH = "_ZN5mesos8internal5local6launchERKNS1_5FlagsEPNS_9allocator9AllocatorE"
LAUNCH_OFFSET = 0x2437D30
DETECTOR_OFFSET = 0x4CEC1B8


class String(ctypes.Structure):
    """A std::string of the C++ library, which is passed by reference and never changed."""

    _fields_ = [("text", ctypes.c_char_p), ("length", ctypes.c_size_t), ("local", ctypes.c_char * 16)]


class OptionalString(ctypes.Structure):
    _fields_ = [("is_none", ctypes.c_int), ("string", String)]


def string(text):
    return String(text, len(text), b"")


def optional(text):
    return ctypes.byref(OptionalString(0, string(text)))


def object_space():
    """Room for any object of the library; it lives as long as the process."""
    return ctypes.create_string_buffer(65536)


def run(role, leader):
    ctypes.CDLL(os.environ["MESOS_STUBS"] + "/libpython2.so", ctypes.RTLD_GLOBAL)
    mesos = ctypes.CDLL(os.environ["MESOS_LIBRARY"], ctypes.RTLD_GLOBAL)

    def address(text):
        upid = object_space()
        mesos["_ZN7process4UPIDC1EPKc"](upid, text.encode())
        return upid

    initialize = mesos["_ZN7process10initializeERK6OptionINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEES9_S9_"]
    initialize(optional(b"master" if role == "master" else b"slave(1)"), optional(b"mesos-master-readwrite"), optional(b"mesos-master-readonly"))
    os.environ["MESOS_NUM_SLAVES"] = "0" if role == "master" else "1"
    framework, driver = object_space(), object_space()
    mesos["_ZN5mesos13FrameworkInfoC1Ev"](framework)
    new_driver = mesos[
        "_ZN5mesos20MesosSchedulerDriverC1EPNS_9SchedulerERKNS_13FrameworkInfoERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
    ]
    new_driver(driver, None, framework, ctypes.byref(string(b"local")))
    if role == "agent":
        base = ctypes.cast(mesos[LAUNCH], ctypes.c_void_p).value - LAUNCH_OFFSET
        detector = ctypes.c_void_p(ctypes.c_void_p.from_address(base + DETECTOR_OFFSET).value)
        mesos["_ZN7process9terminateERKNS_4UPIDEb"](address("master@127.0.0.1:" + os.environ["LIBPROCESS_PORT"]), ctypes.c_bool(True))
        chosen = address("master@" + leader)

        def appoint(*_):
            mesos["_ZN5mesos6master8detector24StandaloneMasterDetector7appointERKN7process4UPIDE"](detector, chosen)

        appoint()
        # SIGUSR1 is the agent's own: it makes it leave for good.
        signal.signal(signal.SIGUSR2, appoint)


def end_tasks(directory):
    """Kills every other process whose environment or working folder names this folder. Tasks may start new ones meanwhile, so it looks
    again until there is none."""
    wanted = os.path.realpath(directory).encode()

    def belongs(pid):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                return wanted in file.read() or os.fsencode(os.readlink(f"/proc/{pid}/cwd")).startswith(wanted)
        except OSError:
            return False

    for _ in range(100):
        found = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid() and belongs(name)]
        if not found:
            return
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass


def end_with_input(stream):
    """The process that started this one may have died without a chance to end it."""
    os.read(stream, 1)
    end_tasks(os.environ["MESOS_WORK_DIR"])
    os._exit(0)


if sys.argv[1] == "end-tasks":
    end_tasks(sys.argv[2])
else:
    # Tasks would inherit it, and one that makes it non-blocking ends every read of it when this process goes on after SIGSTOP.
    own_input = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    run(sys.argv[1], sys.argv[2] if sys.argv[1] == "agent" else None)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    threading.Thread(target=end_with_input, args=(own_input,), daemon=True).start()
    print("ready", flush=True)
    while True:
        signal.pause()
