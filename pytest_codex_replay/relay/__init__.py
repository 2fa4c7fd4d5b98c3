"""The embedded recorder: a reverse proxy on aiohttp, in this process, that hands the same signals to `recorder/`."""
