"""The phases of a release, which a revision file may name by ``phase = "expand"``.

What is of phase expand is run while an application's old version still runs, what is of phase
contract when no old version runs any more. A revision that names none is of both.
"""

EXPAND, CONTRACT = PHASES = ("expand", "contract")
