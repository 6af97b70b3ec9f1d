/// Whoever is spoken to through the hub is spoken to over WebSockets: who imports this module has both.
@_exported import WebSockets
