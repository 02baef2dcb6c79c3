#!/usr/bin/env python3
"""Runs an Apache Mesos 1.11.0 master or agent in this process, from libmesos, which has the code of both but no program for them.

    mesos-node.py master                     until SIGTERM or the end of its standard input; where MESOS_NODE_ELECTION is zk://HOST:PORT/PATH,
                                             it stands for leader there
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

# What the library goes on using.
kept = []

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


def nothing():
    return ctypes.byref(OptionalString(1, string(b"")))


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
    if "MESOS_NODE_ELECTION" in os.environ:
        kept.append(contend(mesos, os.environ["MESOS_NODE_ELECTION"]))
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


def contend(mesos, election):
    """Has the master stand for leader in ZooKeeper, by the library's own contender. It leads its own cluster in any case: what this
    decides is whom frameworks take for the leader."""
    ip, port = os.environ["LIBPROCESS_IP"], int(os.environ["LIBPROCESS_PORT"])
    fields = [
        (1, b"master-%d" % port),
        (2, int.from_bytes(bytes(map(int, ip.split("."))), "little")),
        (3, port),
        (4, b"master@%s:%d" % (ip.encode(), port)),
        (5, b"localhost"),
        (6, b"1.11.0"),
        (7, encode([(1, b"localhost"), (2, ip.encode()), (3, port)])),
    ]
    info, made, answer = object_space(), object_space(), object_space()
    mesos["_ZN5mesos10MasterInfoC1Ev"](info)
    parse = mesos["_ZN6google8protobuf11MessageLite15ParseFromStringERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"]
    parse(info, ctypes.byref(string(encode(fields))))
    contender = "_ZN5mesos6master9contender15MasterContender6createERK6OptionINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEESC_RKS3_I8DurationE"
    mesos[contender](made, optional(election.encode()), nothing(), nothing())
    # The object lies behind the state of the result.
    chosen = ctypes.c_void_p(ctypes.c_void_p.from_address(ctypes.addressof(made) + 8).value)
    mesos["_ZN5mesos6master9contender24ZooKeeperMasterContender10initializeERKNS_10MasterInfoE"](chosen, info)
    mesos["_ZN5mesos6master9contender24ZooKeeperMasterContender7contendEv"](answer, chosen)
    return info, made, answer


def encode(fields):
    """A protobuf message of texts and numbers."""
    data = b""
    for number, value in fields:
        is_text = isinstance(value, bytes)
        data += varint(number << 3 | (2 if is_text else 0)) + (varint(len(value)) + value if is_text else varint(value))
    return data


def varint(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


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
