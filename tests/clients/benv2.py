#!/usr/bin/env python3
"""benv2.py DB PAIRS: ConfigILM's BENv2DataSet reads DB as it is. PAIRS has a line for each pair: the key
of Sentinel-2, a tab, the key of Sentinel-1. Prints the number of patches compared."""
import sys
import warnings

import lmdb
import numpy as np
import pandas
import safetensors.numpy
import torch

warnings.simplefilter("ignore")
from configilm.extra.DataSets.BENv2_DataSet import BENv2DataSet  # noqa: E402

database, pairs = sys.argv[1:]
with open(pairs, encoding="utf-8") as file:
    s1_of = dict(line.rstrip("\n").split("\t") for line in file)
pandas.DataFrame({"patch_id": list(s1_of), "labels": [["Arable land", "Pastures"]] * len(s1_of),
                  "split": "train", "country": "Finland", "s1_name": list(s1_of.values()),
                  "s2v1_name": list(s1_of), "contains_seasonal_snow": False,
                  "contains_cloud_or_shadow": False}).to_parquet("metadata.parquet")
with lmdb.open(database, readonly=True) as env, env.begin() as txn:
    wanted = {key.decode(): safetensors.numpy.load(value) for key, value in txn.cursor()}
patches = BENv2DataSet({"images_lmdb": database, "metadata_parquet": "metadata.parquet",
                        "metadata_snow_cloud_parquet": "metadata.parquet"}, split="train",
                       img_size=(14, 120, 120), return_extras=True)
assert len(patches) == len(s1_of) > 0
for i in range(len(patches)):
    image, labels, key = patches[i][:3]
    bands = {**wanted[key], **wanted[s1_of[key]]}
    assert image.shape == (14, 120, 120) and labels.sum() == 2
    for c, name in enumerate(patches.channel_order):
        repeat = 120 // bands[name].shape[0]
        band = bands[name].astype("f4").repeat(repeat, 0).repeat(repeat, 1)
        assert torch.equal(image[c], torch.from_numpy(np.ascontiguousarray(band))), (key, name)
print(len(patches))
