"""What cannot be compared, and why: one line each, that names what was asked for and what there is."""


class CompareError(ValueError):
    """Something asked of the record that it cannot give. The errors below are its kinds; catch it for all of them."""


class UnknownStudy(CompareError):
    """There is no such study; the message lists the known ones."""


class UnknownRun(CompareError):
    """There is no such run or trial; the message says which there are."""


class UnknownColumn(CompareError):
    """The table has no such column, or none of the kind that is needed; the message lists the columns that are."""


class NothingToCompare(CompareError):
    """The study has too little: no trial that is over, or none with a result. The message counts what it has."""


class OtherSchema(CompareError):
    """The runs were recorded by an earlier or a later Knobwise, under names that may mean something else."""


class ArtifactGone(CompareError):
    """A run's file is no longer where the record says; the message says which, and where it was looked for."""
