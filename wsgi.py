"""The application for a WSGI server, and for plain `flask …` from the repository root."""

from web import create_app

app = create_app()
