"""Who may see and answer what: accounts, sign-in, and the gate that every request passes."""
