"""Commands about people: who may sign in."""
