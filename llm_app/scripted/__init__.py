"""A provider of scripted answers: a local HTTP server that speaks the wire formats of OpenAI, Anthropic and Gemini.

It holds no model. A script says what is answered, and how the answer goes wrong; without one it gives answers that are
plainly labelled as a demo. Tests and demos send real HTTP requests to it, so that everything between the program and
its provider is what runs in production. It knows neither Django nor the rest of DNA: ``python -m llm_app.scripted``.
"""
