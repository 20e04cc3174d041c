"""The last import before command lines are forked: they do not look at it for garbage."""

import gc

gc.freeze()
