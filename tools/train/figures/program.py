"""The command-line sampler."""

import json
import subprocess


class Program:
    """build/sample with a pack, and a folder for what lies between."""

    def __init__(self, path, pack, scratch):
        self.path, self.pack, self.scratch = path, pack, scratch

    def __call__(self, command, *words):
        """What the command prints; raises CalledProcessError, the program's own words being on standard error."""
        line = [self.path, command, "--model", self.pack, *words]
        return subprocess.run([str(word) for word in line], check=True, stdout=subprocess.PIPE, text=True).stdout

    def json(self, command, *words):
        return json.loads(self(command, *words, "--json"))
