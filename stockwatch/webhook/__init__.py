"""What leaves for a receiver of the team's own: restocks asked for, signed, and what it answers.

Says how a request is signed, sent once, and read back. When to send, again or at all, is the hub's (`hub.outbox`);
nothing here keeps anything.
"""
