import numpy as np
import torch


def collate(patches):
    return {name: torch.from_numpy(np.stack([patch[name] for patch in patches]))
            for name in patches[0]}
