"""The user attributes that studies and trials have in Optuna: every key, once."""

# Of a study.
NAME = "knobwise.name"  # the name it was asked for by; its key may have a number more
FINGERPRINT = "knobwise.fingerprint"  # what must be the same for two sessions to belong to one study
OBJECTIVES = "knobwise.objectives"  # what it minimises: val_mse, and a cost where it weighs one
STUDY_RUN = "knobwise.run_id"  # the id of its parent run in MLflow
STORE = "knobwise.tracking_uri"  # the address of the store with that run, without credentials
CONFIRMED = "knobwise.confirmed."  # and a trial's number: val_mse by fresh seed, None where it diverged
LOST = "knobwise.lost"  # the numbers of the trials whose runs were removed from the record for good
WIDENED = "knobwise.widened"  # by how much its ranges are wider than its sweep's
REFERENCES = "knobwise.references"  # what the reference models scored

# Of a trial.
RUN_ID = "run_id"  # the id of its run in MLflow
RESULT = "result"  # status, epochs and metrics, as `running_trial.facts` gives them
EXTENDS = "extends"  # the number of the trial that it continues
EPOCHS = "epochs"  # how far such a trial is to be trained
