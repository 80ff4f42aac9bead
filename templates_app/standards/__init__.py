"""Management-system standards as data of the project: clauses, what shows that they are met, types of document.

Numbers and short titles are the standards'; evidence, keywords and expectations are in our own words.
"""
