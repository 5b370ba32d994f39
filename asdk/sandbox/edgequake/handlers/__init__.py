"""The routes of the EdgeQuake server, a file for each family; `app.ROUTES` lists them all."""
