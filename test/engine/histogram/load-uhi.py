"""Reads histograms in UHI's JSON form, by name, from standard input: checks them against uhi's schema, loads them with hist and boost-histogram, and writes
what these make of them."""

import json
import sys
import warnings

import boost_histogram
import hist
import numpy
import uhi.io.json
import uhi.schema

warnings.simplefilter("ignore")


def flat(array):
    return numpy.nan_to_num(numpy.asarray(array, dtype=float), nan=-1).ravel().tolist()


def describe(written):
    loaded = json.loads(json.dumps(written), object_hook=uhi.io.json.object_hook)
    plain = boost_histogram.Histogram(loaded)
    full = hist.Hist(loaded)
    assert numpy.array_equal(flat(plain.values(flow=True)), flat(full.values(flow=True)))
    if written["storage"]["type"] == "mean":
        counts = full.view(flow=True)["count"] if full.ndim else full.view(flow=True).count
    elif written["storage"]["type"] == "weighted_mean":
        counts = full.view(flow=True)["sum_of_weights"] if full.ndim else full.view(flow=True).sum_of_weights
    else:
        counts = full.values(flow=True)
    return {
        "axes": [type(axis).__name__ for axis in full.axes],
        "labels": [axis.label for axis in full.axes],
        "storage": full.storage_type.__name__,
        "values": flat(full.values(flow=True)),
        "counts": flat(counts),
    }


histograms = json.load(sys.stdin)
uhi.schema.validate(histograms)
print(json.dumps({name: describe(written) for name, written in histograms.items()}))
