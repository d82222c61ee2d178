"""Work on images that the processes of a Dask cluster share."""
