"""The paper's Table 2 at small scale: what the network predicts, by which loss, with which variance."""
