"""How it all runs: the command, the one-process runner, provisioning."""
