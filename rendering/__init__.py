"""What all web pages share: the templates' environment, style sheets, headers and forms."""
