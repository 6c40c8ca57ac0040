"""The endpoints, one file a noun. `kerne_site.api.urls` lists them."""
