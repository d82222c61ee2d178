"""Linear systems of covariances that few samples are behind."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def solve_shrunk(covariance: Matrix, sides: Matrix, shrinkage: float) -> Matrix:
    """[D, K] solution of the covariance, its correlations shrunk, for right-hand sides [D, K]."""
    deviations = np.sqrt(np.maximum(np.diag(covariance), 0.0)) + 1e-6
    correlation = covariance / np.outer(deviations, deviations) * (1 - shrinkage)
    correlation[np.diag_indices_from(correlation)] += shrinkage
    return np.linalg.solve(correlation, sides / deviations[:, None]) / deviations[:, None]
