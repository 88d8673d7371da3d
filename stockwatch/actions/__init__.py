"""What people ask for becomes events, which enter by the same door as everyone else's facts.

`plan` is pure: an intent and the room as it stands give the events to book, or a refusal with its reason. Nothing here
moves stock, writes to a channel or reads a clock.
"""
