#!/usr/bin/env python3
"""make-stubs.py LIBRARY DIRECTORY makes shared libraries with the symbols that libmesos wants and no Debian has any more: those of OpenSSL
1.0, of the curl that goes with it, and of Python 2. A stub that is called says its name and ends the process, but for curl_global_init.
So HTTPS masters and fetching of URIs do not work."""
import collections
import re
import subprocess
import sys

library, directory = sys.argv[1:]

FUNCTIONS_OF_PYTHON = """PyArg_ParseTuple PyDict_GetItemString PyErr_Format PyErr_Occurred PyErr_Print PyEval_InitThreads PyEval_RestoreThread
PyEval_SaveThread PyGILState_Ensure PyGILState_Release PyImport_ImportModule PyInt_FromLong PyIter_Next PyList_GetItem PyList_New
PyList_SetItem PyList_Size PyModule_AddObject PyModule_GetDict PyObject_CallMethod PyObject_GetIter PyString_AsStringAndSize PyType_Ready
Py_InitModule4_64""".split()
VALUES_OF_PYTHON = ["PyExc_Exception", "PyExc_TypeError", "_Py_NoneStruct"]


def library_of(symbol, version):
    if version.startswith("CURL"):
        return "libcurl.so.4"
    return "libssl.so.1.0.0" if re.match("SSL|TLSv", symbol) else "libcrypto.so.1.0.0"


def stub(symbol):
    if symbol == "curl_global_init":
        return "int curl_global_init(long flags) { return 0; }"
    return f'void {symbol}(void) {{ fputs("{symbol} is a stub\\n", stderr); abort(); }}'


def build(name, lines, versions=None):
    source = f"{directory}/{name}.c"
    with open(source, "w") as file:
        file.write("\n".join(["#include <stdio.h>", "#include <stdlib.h>", *lines, ""]))
    command = ["gcc", "-shared", "-fPIC", "-w", "-o", f"{directory}/{name}", source, f"-Wl,-soname,{name}"]
    if versions:
        script = f"{directory}/{name}.map"
        with open(script, "w") as file:
            previous = ""
            for version in sorted(versions):
                file.write(f"{version} {{ global: {' '.join(s + ';' for s in versions[version])} }}{previous};\n")
                previous = f" {version}"
        command.append(f"-Wl,--version-script,{script}")
    subprocess.check_call(command)


wanted = collections.defaultdict(lambda: collections.defaultdict(list))
for line in subprocess.check_output(["nm", "-D", "--undefined-only", library], text=True).splitlines():
    match = re.match(r"\s+U (\w+)@(OPENSSL_\S+|CURL_OPENSSL_3)", line)
    if match:
        wanted[library_of(*match.groups())][match[2]].append(match[1])
# libmesos wants this version to be there, though no symbol of it.
wanted["libcrypto.so.1.0.0"].setdefault("OPENSSL_1.0.2", [])

for name, versions in wanted.items():
    build(name, [stub(symbol) for symbols in versions.values() for symbol in symbols], versions)
build("libpython2.so", [*map(stub, FUNCTIONS_OF_PYTHON), *(f"char {name}[1024];" for name in VALUES_OF_PYTHON)])
