"""What a check of the search and the record finds."""

from typing import NamedTuple


class Problem(NamedTuple):
    """Something that is wrong.

    Attributes:
        study: the study's key; empty where it is a store as a whole.
        what: one line, that also names what to do where it cannot be repaired automatically.
        trials: the numbers of the trials that it is about.
        repairable: whether `repair.repair` repairs it.
    """

    study: str
    what: str
    trials: list[int]
    repairable: bool

    @property
    def line(self) -> str:
        """The line, with the study's key before it where it is about one."""
        return f"{self.study}: {self.what}" if self.study else self.what


class Agreement(NamedTuple):
    """How far the search and the record agree.

    Attributes:
        problems: what is wrong.
        notes: what was not checked, and why.
        studies: how many studies were checked.
        trials: how many trials of theirs are over.
    """

    problems: list[Problem]
    notes: list[str]
    studies: int
    trials: int

    def with_study(self, problems: list[Problem], trials: int) -> "Agreement":
        """With another study that was checked, its `problems`, and how many of its trials are over."""
        return Agreement([*self.problems, *problems], self.notes, self.studies + 1, self.trials + trials)
