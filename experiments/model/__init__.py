"""The best model of a study as something to have: logged, registered, served, and used on new data.

`stored` reads the model of a recorded run, `package` makes MLflow's kind of model of it, `champion` registers the best
under the study's name. `served` is the file that MLflow runs where the model is served. `images` adds frames of
the predicted surface to a run, `retrained` records a run that was trained again with other knobs.
"""
