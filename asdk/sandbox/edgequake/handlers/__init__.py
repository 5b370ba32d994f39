"""Routes of the EdgeQuake server, one file per family; `app.ROUTES` lists them all."""
