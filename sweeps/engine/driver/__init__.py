"""The driver: asks Optuna, keeps the workers busy, has outcomes recorded, confirms the best."""
